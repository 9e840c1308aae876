{#
  The key two spellings of one name share: full-width ASCII and the ideographic space become half width, white space
  goes, letters are lower case. DuckDB has no NFKC, and nfc_normalize leaves full-width parentheses alone, so the table is written out.
  Exact on the folded key, never fuzzy: 区农业局 and 区农水局 are different offices.
#}
{% macro name_key(name) -%}
    {{ return(adapter.dispatch('name_key', 'callback_survey')(name)) }}
{%- endmacro %}

{% macro default__name_key(name) -%}
    lower(regexp_replace({{ half_width(name) }}, '[\\s\\x{0B}\\x{1C}-\\x{1F}\\x{85}\\p{Z}]', ''))
{%- endmacro %}

{% macro duckdb__name_key(name) -%}
    lower(regexp_replace({{ half_width(name) }}, '[\s\x{0B}\x{1C}-\x{1F}\x{85}\p{Z}]', '', 'g'))
{%- endmacro %}

{# Full-width ASCII (！ to ～) and the ideographic space as their half-width forms. #}
{% macro half_width(value) -%}
    {{ return(adapter.dispatch('half_width', 'callback_survey')(value)) }}
{%- endmacro %}

{% macro default__half_width(value) -%}
    translate(
        {{ value }},
        '　！＂＃＄％＆＇（）＊＋，－．／０１２３４５６７８９：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ［＼］＾＿｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ｛｜｝～',
        ' !"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~'
    )
{%- endmacro %}

{# Spark reads a backslash in a literal as the start of an escape. #}
{% macro spark__half_width(value) -%}
    {{ default__half_width(value) | replace('\\', '\\\\') | replace("''", "\\'") }}
{%- endmacro %}
