{{ annex('satisfaction', [
    'satisfied_pct',
    'fairly_satisfied_pct',
    'basically_satisfied_pct',
    'rather_dissatisfied_pct',
    'dissatisfied_pct',
]) }}
