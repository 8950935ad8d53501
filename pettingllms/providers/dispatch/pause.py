"""The time that a server asks for with a Retry-After: nobody sends, but for one probe at a time.

A refusal may be meant for all, as where a limit is reached, or for one, as where one of many
machines behind an address is busy. While few of the latest requests were refused, one more is let
out to find that out: if it comes back well, the others go on, and if it is refused too, all of the
time is waited for. Where many were refused, that is an answer already.
"""

from __future__ import annotations

from collections import deque

_LATEST = 32
_MANY = 1 / 4


class Pause:
    """Of one limiter. Times are those of `time.monotonic`; nothing is asked for at first."""

    def __init__(self) -> None:
        self.until = 0.0
        self._began = 0.0
        self._cleared = 0.0
        """When the latest probe left that came back well."""
        self._probed: float | None = None
        """The beginning of the pause that a probe is under way in."""
        self._is_believed = False
        self.sends = 0
        """Requests that left so far."""
        self._latest: deque[bool] = deque(maxlen=_LATEST)
        """Whether it was refused, of each of the latest requests that came back."""

    def leaves(self) -> None:
        """A request does."""
        self.sends += 1

    def hold(self, now: float, seconds: float, sent_at: float) -> None:
        """Nobody sends for so long, as one was told that was sent then: the longest time that is
        asked for counts. For those that left before it, a probe that came back well has answered.
        """
        if sent_at < self._cleared:
            return
        if now >= self.until:
            self._began, self._is_believed = now, False
        self.until = max(self.until, now + seconds)

    def believe(self) -> None:
        """Nobody probes any more: all of the time is waited for."""
        self._is_believed = True

    def lets_probe(self) -> bool:
        """Whether one request may leave in spite of the pause."""
        is_probing = self._probed == self._began
        return not (is_probing or self._is_believed or self.are_many_refused)

    def probe(self) -> float:
        """One leaves. Returns what it is to be named by when it ends."""
        self._probed = self._began
        return self._began

    def probe_ended(self, name: float) -> None:
        """It is back, however that went; see `answered` and `refused`. One of an earlier pause, as
        where no answer comes, is waited for no more."""
        if self._probed == name:
            self._probed = None

    def refused(self, sent_at: float, now: float) -> bool:
        """A request was. Whether that is meant for all: many are, or this was a pause's probe."""
        self._latest.append(True)
        is_probe = self._began <= sent_at < self.until and now < self.until
        self._is_believed |= is_probe
        return is_probe or self.are_many_refused

    def answered(self, sent_at: float, now: float) -> None:
        """A request came back well. If it was the probe, the pause is over."""
        self._latest.append(False)
        if self._began <= sent_at < now < self.until and not self.are_many_refused:
            self.until, self._cleared = now, sent_at

    @property
    def are_many_refused(self) -> bool:
        """A quarter or more of the latest requests; also where there are none. Of the first ones
        those on their way count too: refusals come back sooner than answers."""
        return sum(self._latest) >= _MANY * max(len(self._latest), min(_LATEST, self.sends))
