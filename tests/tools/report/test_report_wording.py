"""Short numbers on the page."""

import pytest

from pettingllms.wording import short


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0"),
        (0.125, "0.125"),
        (512, "512"),
        (1018, "1018"),
        (1024, "1k"),
        (2500, "2.44k"),
        (1020 * 1024, "1020k"),
        (1 << 20, "1M"),
    ],
)
def test_a_number_is_short_and_has_no_power_of_ten(count: float, said: str) -> None:
    """Also just below the next unit."""
    assert short(count) == said
