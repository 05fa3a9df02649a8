from datetime import date

import pytest

from cohortgraph.dicom import dates


@pytest.mark.parametrize(("da", "day"), [("20190102", date(2019, 1, 2)), ("2019.01.02", date(2019, 1, 2))])
def test_a_date_is_read(da, day):
    assert dates.to_date(da) == day


@pytest.mark.parametrize("da", ["", "2019", "20191302", "20190230", "2019.0102", "yesterday", "２０１９０１０２"])
def test_what_is_no_date_is_refused(da):
    with pytest.raises(ValueError):
        dates.to_date(da)


@pytest.mark.parametrize(
    ("tm", "iso"), [("11", "11"), ("1130", "11:30"), ("113000.273000", "11:30:00.273000"), ("235960", "23:59:60")]
)
def test_a_time_keeps_its_precision(tm, iso):
    assert dates.to_iso_time(tm) == iso
    assert dates.from_iso_time(iso) == tm


@pytest.mark.parametrize("tm", ["", "1", "24", "1160", "113061", "noon", "11300.5"])
def test_what_is_no_time_is_refused(tm):
    with pytest.raises(ValueError):
        dates.to_iso_time(tm)


@pytest.mark.parametrize(
    ("dt", "iso"),
    [
        ("2019", "2019"),
        ("201901", "2019-01"),
        ("20190102", "2019-01-02"),
        ("2019010211", "2019-01-02T11"),
        ("20190102113000.5+0100", "2019-01-02T11:30:00.5+01:00"),
        ("20190102-0500", "2019-01-02-05:00"),
    ],
)
def test_a_date_and_time_keeps_its_precision(dt, iso):
    assert dates.to_iso_datetime(dt) == iso
    assert dates.from_iso_datetime(iso) == dt


@pytest.mark.parametrize("dt", ["", "201913", "20190102T11", "2019010225", "20190102113000.1234567", "2019+01"])
def test_what_is_no_date_and_time_is_refused(dt):
    with pytest.raises(ValueError):
        dates.to_iso_datetime(dt)


def test_days_count_from_1970():
    assert dates.days(date(1970, 1, 2)) == 1
    assert dates.days(dates.to_date("19691231")) == -1
