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

-- a date with its separators made alike: 2018年3月1日 9时5分 becomes 2018-3-1 9:5
create temp macro plain_moment(t) as trim(regexp_replace(
    translate(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    translate(cell(t), '０１２３４５６７８９：／－．＋　', '0123456789:/-.+ '),
                    -- fractions of a second, and the time zone that all of China has
                    '(:[0-9]{2})[.][0-9]+|([+]08:?00)$', '\1', 'g'
                ),
                '(上午|下午)\s*([0-9:时点分秒]+)', '\2 \1'
            ),
            '[分时点]( 上午| 下午)?$|秒', '\1', 'g'
        ),
        '年月/.日T时点分',
        '----  :::'
    ),
    '\s+', ' ', 'g'
));

-- days since 30 December 1899, as spreadsheets store a date; five digits are 1954 to 2173
create temp macro serial_moment(t) as case
    when regexp_full_match(t, '[2-9][0-9]{4}([.][0-9]+)?')
        then timestamp '1899-12-30' + to_seconds(round(t::double * 86400))
end;

-- a date or a date with a time, in the usual Chinese and ISO spellings or as a spreadsheet's number; NULL when it is none
-- (the ISO forms come first: nearly every cell has one, and the rest is only looked at where they fail)
create temp macro any_moment(t) as coalesce(
    try_strptime(t, '%Y-%m-%d'),
    try_strptime(t, '%Y-%m-%d %H:%M:%S'),
    serial_moment(cell(translate(t, '０１２３４５６７８９．', '0123456789.'))),
    try_strptime(
        replace(replace(plain_moment(t), '上午', 'AM'), '下午', 'PM'),
        [
            '%Y-%m-%d', '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%d %H', '%Y%m%d', '%Y%m%d%H%M%S',
            '%Y-%m-%d %I %p', '%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S %p'
        ]
    )
);

-- a year has four digits: 18-3-1 and 3/1/18 would be read as days of the first century
create temp macro moment(t) as case when regexp_matches(t, '^[\s\p{Z}]*[0-9０-９]{4}') then any_moment(t) end;

-- HMAC-SHA-256 in hex
create temp macro token(t) as {token};

-- a phone without its decoration, and whether that is a phone
create temp macro normalised_phone(t) as {normalised_phone};
create temp macro is_valid_phone(t) as {is_valid_phone};

-- text without phone and identity numbers
create temp macro scrubbed(t) as {scrubbed};
create temp macro is_personal_number(t) as regexp_matches(t, '{mobile_number}') or regexp_matches(t, '{identity_number}');
