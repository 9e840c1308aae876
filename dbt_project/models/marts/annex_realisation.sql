{{ annex('realisation', ['within_one_visit_pct', 'two_or_more_visits_pct']) }}
