"""What is removed when its time has passed, and what never is: releases, issued notices, decisions, and the proof of what was there."""
