-- What landing says about a single cell. `token_key` is a one-row table with the padded HMAC keys.

-- a cell without surrounding white space (also U+00A0 and U+3000); an empty cell is NULL
create temp macro cell(t) as nullif(trim(t, concat(' ', chr(9), chr(10), chr(13), chr(160), chr(12288))), '');

-- the form in which words are compared; equals headers.fold for everything a form can hold
create temp macro folded(t) as lower(regexp_replace(translate(
    t,
    '　！＂＃＄％＆＇（）＊＋，－．／０１２３４５６７８９：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ［＼］＾＿｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ｛｜｝～',
    ' !"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~'
), '[\s\x{0B}\x{1C}-\x{1F}\x{85}\p{Z}]', '', 'g'));

-- a whole number in full or half width; NULL for anything else: a cast alone would read 1.5 as 2
create temp macro whole_number(t) as try_cast(regexp_extract(folded(t), '^[0-9]+$') as integer);

-- a date or a date with a time, in the usual Chinese and ISO spellings; NULL when it is none
create temp macro moment(t) as try_strptime(
    regexp_replace(regexp_replace(translate(trim(t), '０１２３４５６７８９：／－．　', '0123456789:/-. '), '[年月/.]', '-', 'g'), '日', '', 'g'),
    ['%Y-%m-%d', '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%dT%H:%M:%S', '%Y%m%d']
);

-- HMAC-SHA-256 in hex
create temp macro token(t) as {token};

-- a phone without its decoration, and whether that is a phone
create temp macro normalised_phone(t) as {normalised_phone};
create temp macro is_valid_phone(t) as {is_valid_phone};

-- text without phone and identity numbers
create temp macro scrubbed(t) as {scrubbed};
create temp macro is_mobile_number(t) as regexp_matches(t, '{mobile_number}');
