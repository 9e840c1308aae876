-- What landing says about a single cell. `token_key` is a one-row table with the padded HMAC keys.

-- a cell as a person sees it: without invisible and bidi characters, byte order marks and a text file's end sign; with every
-- kind of space a space; out of the wrappers of spreadsheets (="…", a leading apostrophe) and of web pages (&nbsp;)
create temp macro unwrapped(t) as regexp_replace(
    regexp_replace(
        -- &amp; last: what it makes is text, and no entity again
        replace(
            replace(replace(replace(replace(replace(t, '&nbsp;', ' '), '&#160;', ' '), '&quot;', '"'), '&lt;', '<'), '&gt;', '>'),
            '&amp;', '&'
        ),
        '^\s*=\s*"([^"]*)"\s*$', '\1'
    ),
    '^\s*''([^'']*)$', '\1'
);
create temp macro visible(t) as case
    when regexp_matches(t, '[^\t\n\r -%(-<>-~一-龥，。、（）：；]') or regexp_matches(t, '^\s*[=''&]|&')
        then unwrapped(regexp_replace(
            regexp_replace(t, '[\x{00}-\x{08}\x{0E}-\x{1B}\x{7F}\x{AD}\x{034F}\x{061C}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{206F}\x{FE00}-\x{FE0F}\x{FEFF}\x{FFF9}-\x{FFFB}]', '', 'g'),
            '[\x{0B}\x{0C}\x{1C}-\x{1F}\x{85}\p{Z}]', ' ', 'g'
        ))
    else t
end;

-- the cell without surrounding white space; an empty cell is NULL
create temp macro cell(t) as nullif(trim(visible(t), concat(' ', chr(9), chr(10), chr(13))), '');

-- a number that stands for a code or a case, as programs write it that know fractions: 5.0 is 5
create temp macro plain_code(t) as regexp_replace(cell(t), '^([0-9]+)[.]0+$', '\1');

-- a long number as a spreadsheet shows it, with its last digits cut off: 2.01801E+17
create temp macro is_short_form(t) as regexp_full_match(t, '[0-9]([.][0-9]+)?[eE][+][0-9]{1,3}');

-- the word in an answer that a form decorates: 1-满意, A.满意, (5)满意, 满意(5分), 满意。, 5分, 3次
create temp macro bare_word(t) as regexp_replace(
    regexp_replace(
        regexp_replace(
            regexp_replace(t, '[。．.,，;；!！]+$', ''),
            '^([^0-9a-z].*)[(（\[【][0-9]{1,3}分?[)）\]】]$', '\1'
        ),
        '^[(（\[【]?[0-9a-z][)）\]】.．、:：_–—-]+([^0-9a-z].*)$', '\1'
    ),
    '^([0-9]+)(分|次|星|级|趟)$', '\1'
);

-- the number that a form writes beside a label: 1 of 1-满意, 5 of 满意(5分)
create temp macro word_number(t) as coalesce(
    nullif(regexp_extract(t, '^[(（\[【]?([0-9])[)）\]】.．、:：_–—-]+[^0-9a-z]', 1), ''),
    nullif(regexp_extract(t, '[^0-9a-z][(（\[【]([0-9]{1,3})分?[)）\]】]$', 1), '')
);

-- the form in which words are compared; equals headers.fold for everything a form can hold
create temp macro folded(t) as lower(regexp_replace(translate(
    t,
    '　！＂＃＄％＆＇（）＊＋，－．／０１２３４５６７８９：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ［＼］＾＿｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ｛｜｝～',
    ' !"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~'
), '[\s\x{0B}\x{1C}-\x{1F}\x{85}\p{Z}]', '', 'g'));

-- a whole number in full or half width; NULL for anything else: a cast alone would read 1.5 as 2
create temp macro whole_number(t) as try_cast(regexp_extract(folded(t), '^[0-9]+$') as integer);

-- the half of the day as 上午 or 下午, where the words leave no doubt: 中午12点 is 12 p.m., 晚上12点 is not read;
-- beside an hour after twelve the word says nothing more
create temp macro half_days(t) as regexp_replace(
    replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(t, '凌晨|清晨|早上|早晨', '上午'),
                '(?:傍晚|晚上)\s*(0?[5-9]|1[01])([^0-9]|$)', '下午\1\2'
            ),
            '中午\s*(1[01])([^0-9]|$)', '上午\1\2'
        ),
        '中午', '下午'
    ),
    '(?:上午|下午)\s*(1[3-9]|2[0-3])', ' \1'
);

-- a date, as a cell shows it, with its separators made alike: 2018年3月1日 9时5分 becomes 2018-3-1 9:5
create temp macro plain_moment(t) as trim(regexp_replace(
    translate(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        half_days(translate(t, '０１２３４５６７８９：／－．＋', '0123456789:/-.+')),
                        -- the day of the week, in Chinese or English
                        '[(（]?(星期|周|礼拜)[一二三四五六日天][)）]?|\b(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?\b,?', ' ', 'g'
                    ),
                    -- fractions of a second, and the time zone that all of China has
                    '(:[0-9]{2})[.][0-9]+|([+]08(:?00)?)$', '\1', 'g'
                ),
                '(上午|下午)\s*([0-9:时点分秒]+)', ' \2 \1'
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

-- one of the usual spellings, with its separators made alike. Digits alone are a date of eight or a time of fourteen, and
-- nothing else: a reader of formats would take thirteen of them for a second of the year 1523
create temp macro spelled_moment(t) as case
    when regexp_full_match(t, '[0-9]+') and length(t) not in (8, 14) then null
    -- 24:00 is the end of the day
    when regexp_matches(t, ' 24:00(:00)?$')
        then try_strptime(regexp_replace(t, ' 24:00(:00)?$', ''), '%Y-%m-%d') + interval 1 day
    -- UTC, as browsers and databases write it; its T became a space with that of 2018-04-10T09:30
    when regexp_matches(t, ':[0-9]{2} ?(Z|U C|[+]00(:?00)?)$')
        then try_strptime(regexp_replace(t, ' ?(Z|U C|[+]00(:?00)?)$', ''), ['%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M']) + interval 8 hours
    else try_strptime(
        replace(replace(t, '上午', 'AM'), '下午', 'PM'),
        [
            '%Y-%m-%d', '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%d %H', '%Y%m%d', '%Y%m%d%H%M%S',
            '%Y-%m-%d %I %p', '%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S %p'
        ]
    )
end;

-- a year has four digits: 18-3-1 and 3/1/18 would be read as days of the first century
-- (a list of one is how SQL names a value: a macro's text is put in wherever its argument stands)
create temp macro any_moment(t) as coalesce(
    try_strptime(t, '%Y-%m-%d'),
    try_strptime(t, '%Y-%m-%d %H:%M:%S'),
    list_transform([cell(t)], lambda shown: case
        when regexp_matches(shown, '^[0-9０-９]{4}')
            then coalesce(
                serial_moment(translate(shown, '０１２３４５６７８９．', '0123456789.')),
                list_transform([plain_moment(shown)], lambda plain: spelled_moment(plain))[1]
            )
        -- a month by its English name leaves no doubt which number is the day
        when regexp_matches(shown, '^[0-9]{1,2}[- ][A-Za-z]{3}[- ][0-9]{4}')
            then try_strptime(replace(shown, ' ', '-'), ['%d-%b-%Y', '%d-%b-%Y-%H:%M:%S', '%d-%b-%Y-%H:%M'])
    end)[1]
);

-- a date or a date with a time, in the usual Chinese and ISO spellings or as a spreadsheet's number; NULL when it is none
-- (the ISO forms come first: nearly every cell has one, and the rest is only looked at where they fail)
create temp macro moment(t) as list_filter(
    [any_moment(t)], lambda found: found >= timestamp '1950-01-01' and found < timestamp '2200-01-01'
)[1];

-- a printed figure; NULL where the annex says that there is none
create temp macro figure(t) as case
    when not regexp_full_match(folded(cell(t)), '[-—–―~/\\*]+|无|空|n/?a|null|未抽样|不适用') then cell(t)
end;

-- HMAC-SHA-256 in hex
create temp macro token(t) as {token};

-- a phone without its decoration, and whether that is a phone
create temp macro normalised_phone(t) as {normalised_phone};
create temp macro is_valid_phone(t) as {is_valid_phone};

-- the phone of a cell: of several numbers the first that is one; what parts them may also stand within one, so the whole comes first
-- (nearly every cell is a mobile number and nothing else)
create temp macro first_phone(t) as case
    when t is null or regexp_full_match(t, '1[3-9][0-9]{9}') then t
    else list_transform([normalised_phone(t)], lambda whole: case
        when is_valid_phone(whole) then whole
        else coalesce(
            list_filter(
                list_transform(
                    list_concat(
                        regexp_split_to_array(t, '[/／、,，;；|]|或|和|及'),
                        -- by spaces only if each part is long enough for a number: +1 and what follows it are one
                        case
                            when regexp_full_match(t, '([^\s\p{Z}]{7,}[\s\p{Z}]*)+') then regexp_split_to_array(t, '[/／、,，;；|\s\p{Z}]+|或|和|及')
                            else []
                        end
                    ),
                    lambda part: normalised_phone(part)
                ),
                lambda part: is_valid_phone(part)
            )[1],
            whole
        )
    end)[1]
end;

-- the form of what is no phone: three characters, no further digit, and nothing that could be a name
create temp macro hidden_phone(t) as left(
    left(regexp_replace(t, '[^0-9*+.eE/ -]', '□', 'g'), 3)
    || regexp_replace(substr(regexp_replace(t, '[^0-9*+.eE/ -]', '□', 'g'), 4), '[0-9]', '*', 'g'),
    20
);

-- text without phone and identity numbers
create temp macro scrubbed(t) as {scrubbed};
-- what stands in the place of a date: of digits alone only how many there are, for they may be a number of a person
create temp macro date_shown(t) as case
    when regexp_full_match(t, '[0-9]{7,}') then length(t) || ' 位数字'
    else scrubbed(t)
end;
-- of the table that is read now: a column of case numbers is judged whole (landing/case_numbers.py)
create temp macro is_personal_case(t) as t in (select case_id from personal_cases);
