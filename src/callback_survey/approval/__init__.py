"""Approval: what a person sees of a release before it goes out, what they decide, and what is issued then.

request  what the approver is shown        decide  approved, rejected, unanswered: entries in the journal
public   the folder of issued notices      fields  the heading as given, judged before it is printed
correction  the issued notice that another one replaces: why, and what moved
"""
