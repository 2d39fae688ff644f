import base64
import hashlib
import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from render.contracts import visible
from render.experiments import page
from render.experiments.totals import Totals
from render.experiments.view import LeftOut, view
from render.model import End, ReasonKind, Understanding

HOSTILE = [
    "</h3><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "</style></script><!--",
    "\u202egnp.exe\x00\x1b[31m",
    "&lt;b&gt; &amp;",
]


def link(record, stored):
    return f"../clips/{record.job.fingerprint}/{stored.path.rpartition('/')[2]}"


def shown(make, text="A ball falls.", end=End.PUBLISHED, **record):
    batch, row = make.batch(), make.row(0, experiment=text or "e", variant=text or "v", prompt=text or "p")
    receipt = make.receipt(batch, 0, end, reason=text, fix=text, reason_kind=ReasonKind.CHECK)
    fault = replace(make.fault(1, text, text), reason=text, fix=text)
    seen = Understanding(
        share=0.5, scene=text, fallback=True, understood=(text,), approximated=(text,), ignored=(text,)
    )
    made = make.record(row, **({"understanding": seen} | record))
    return view(batch, [make.planned(row)], [fault], [receipt], {make.job(row).fingerprint: made})


def read(make, a_view, **options):
    return make.page(page.render(a_view, link=link, now=make.now, **options))


def test_the_page_begins_with_the_sentence_of_counts(make):
    read_page = read(make, shown(make))
    body = [tag for tag, _ in read_page.tags].index("body")
    assert [tag for tag, _ in read_page.tags[body + 1 : body + 3]] == ["header", "h1"]
    assert read_page.text(within="h1") == "2 rows: 1 published, 1 rejected — malformed."


@pytest.mark.parametrize(
    ("clips", "said"), [(1, "This clip was made"), (2, "Both clips were made"), (3, "All 3 clips were made")]
)
def test_simulated_clips_are_counted_as_one_speaks(make, clips, said):
    batch, rows = make.batch(), [make.row(number, prompt=f"{number}") for number in range(clips)]
    records = {make.job(row).fingerprint: make.record(row) for row in rows}
    ends = [make.receipt(batch, row.row) for row in rows]
    assert said in read(make, view(batch, [make.planned(row) for row in rows], [], ends, records)).text(within="aside")


def test_it_needs_no_network_and_allows_no_script_but_its_own(make):
    html = page.render(shown(make), link=link, now=make.now)
    [policy] = [
        tag["content"] for tag in make.page(html).all("meta") if tag.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    for tag in ("script", "style"):
        [source] = re.findall(f"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not re.search(r"https?://(?!www\.w3\.org)", html)
    assert not re.search(r"""\s(style|on\w+)=["']""", html)


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=60)
@example("</h3><script>alert(1)</script>")
@example("' onmouseover='alert(1)")
def test_no_text_ever_breaks_out_of_its_place(make, text):
    """The page of any text has exactly the tags and attributes of the page of a harmless one."""
    plain, odd = (read(make, shown(make, one or "p", End.HELD)) for one in ("plain", text))
    assert set(odd.shape()) <= {*plain.shape(), ("em", frozenset())}
    assert len(odd.all("script")) == len(odd.all("style")) == 1
    assert all(address.startswith("../clips/") for address in odd.links())


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("end", [*End, None])
def test_hostile_texts_are_shown_and_not_obeyed(make, text, end):
    odd = shown(make, text, end or End.FAILED)
    read_page = read(make, odd)
    said = " ".join(visible(text).split())
    assert said in read_page.text()
    assert all(address.startswith("../clips/") for address in read_page.links())
    assert not any(name.startswith("on") for _, attributes in read_page.tags for name in attributes)
    assert "\x00" not in page.render(odd, link=link, now=make.now)


@pytest.mark.parametrize(("simulated", "said"), [(True, "This clip was made by the built-in simulator"), (False, None)])
def test_simulated_previs_says_so_at_the_top(make, simulated, said):
    text = read(make, shown(make, engine_simulated=simulated)).text(within="aside")
    assert (said in text) if said else text == ""


def test_a_stand_in_scene_is_marked_on_the_picture(make):
    assert "Stand-in scene" in read(make, shown(make)).text(within="article")
    own = Understanding(share=1.0, scene="court", fallback=False)
    assert "Stand-in scene" not in read(make, shown(make, understanding=own)).text()


@pytest.mark.parametrize("end", End)
def test_a_clip_plays_only_where_it_may_be_seen(make, end):
    read_page = read(make, shown(make, end=end))
    seen = end in {End.PUBLISHED, End.REUSED, End.HELD}
    assert len(read_page.all("video")) == seen
    assert all(video["preload"] == "none" and "controls" in video for video in read_page.all("video"))
    assert all(image["loading"] == "lazy" for image in read_page.all("img"))
    assert [str(end) for around, text in read_page.texts if "h4" not in around and text == end]


@pytest.mark.parametrize(
    ("end", "judged", "counted"),
    [
        (End.PUBLISHED, "Checks approved", "1 row: 1 published."),
        (End.REUSED, "Checks approved", "1 row: 1 reused."),
        (End.REJECTED, "Checks refused", "1 row: 1 rejected — refused by a person."),
    ],
)
def test_what_a_person_decided_is_told_beside_the_clip_and_never_as_passed(make, end, judged, counted):
    """A check held it: whoever reads the page sees who let it pass or did not, and why."""
    batch, row = make.batch(), make.row(0)
    receipt = make.receipt(batch, 0, end, reason='Approved by ann: "So it is."', reason_kind=ReasonKind.REVIEW)
    told = read(make, view(batch, [make.planned(row)], [], [receipt], {make.job(row).fingerprint: make.record(row)}))
    assert judged in told.text(within="article")
    assert 'Approved by ann: "So it is."' in told.text(within="article")
    assert counted in told.text()
    assert "passed" not in told.text(within="article")


def test_everything_a_person_needs_to_judge_a_clip_is_there(make):
    text = read(make, shown(make)).text()
    for part in ("50 %", "−23.4 LUFS", "3.12 %", "$0.00 · 12.3 CPU-s", "640×360 · 24 fps · 4 s", "world-1", "102 kB"):
        assert part in text.replace("\xa0", " ")
    for part in ("file:///m/spring.parquet", "nightreel run file:///m/spring.parquet", "nightreel export"):
        assert part in text


def test_a_mailed_page_names_no_folder_of_ours_and_no_commands(make):
    text = read(make, shown(make), mailed=True).text()
    assert "file:///m" not in text
    assert "spring.parquet" in text
    assert "nightreel run" not in text


def test_a_page_says_where_the_rest_is_for_those_who_read_it(make, monkeypatch):
    monkeypatch.setattr(page, "MOST_CLIPS", 0)
    monkeypatch.setattr(page, "MOST_PROBLEMS", 1)
    ours, mailed = (read(make, shown(make, end=End.HELD), mailed=mailed).text() for mailed in (False, True))
    assert "report.json beside this page" in ours
    assert "nightreel report" in ours
    assert "report.json" not in mailed
    assert "nightreel report" not in mailed
    assert "rows.csv beside this page lists every row" in mailed


def test_a_page_of_a_long_batch_sums_up_all_rows_and_says_how_to_see_the_others(make):
    """Sums are the batch's, and what the lists lack is told in numbers and with a command."""
    rest = LeftOut(
        rows=999_998,
        problems=7,
        experiments=3,
        totals=Totals(clips=999_990, seconds=1.0, cost_usd=2.5, simulated=999_990, engines=frozenset({"other"})),
    )
    cut = replace(shown(make), left_out=rest)
    ours, mailed = (" ".join(read(make, cut, mailed=mailed).text().split()) for mailed in (False, True))
    for part in ("999,991 ·", "$2.50 ·", "other, world", "All 999,991 clips were made"):
        assert part in ours
        assert part in mailed
    assert "999,998 further rows, 3 further experiments among them, are counted in every sum above" in ours
    assert "This lists every row: nightreel status night-000000000001 --json" in ours
    assert "7 further ones are among the rows that this page leaves out" in ours
    assert "999,998 further rows" in mailed
    assert "nightreel status" not in mailed


def test_every_control_has_a_name(make):
    read_page = read(make, shown(make))
    for tag, attributes in read_page.tags:
        if tag == "input":
            assert attributes.get("aria-label") or attributes.get("id") == "find"
        if tag == "img":
            assert "alt" in attributes
        if tag == "video":
            assert attributes["aria-label"]
    assert ("html", "lang", "en") in [(tag, "lang", attributes.get("lang")) for tag, attributes in read_page.tags]


def test_an_empty_batch_has_a_page_too(make):
    read_page = read(make, view(make.batch(manifests=()), [], [], [], {}))
    assert read_page.text(within="h1") == "No rows."
    assert read_page.all("video") == []


@pytest.mark.slow
def test_a_page_holds_so_many_clips_and_says_what_it_leaves_out(make):
    batch = make.batch()
    rows = [
        make.row(n, prompt=f"Prompt {n // 2}", variant="ab"[n % 2], seed=n % 2) for n in range(page.MOST_CLIPS + 100)
    ]
    records = {make.job(row).fingerprint: make.record(row) for row in rows}
    planned = [make.planned(row) for row in rows]
    crowded = view(batch, planned, [], [make.receipt(batch, row.row) for row in rows], records)
    read_page = read(make, crowded)
    assert len(read_page.all("video")) == page.MOST_CLIPS
    assert "50 further comparisons are not on this page" in read_page.text()
    assert read_page.text(within="h1") == "2,100 rows: 2,100 published."
