"""What came of an examination at the pickup door: each rule with its answer and what was seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.kit.sites.rules import NAMED, Answer, Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The examination of one client on one day."""

    client: str
    """the worker's name, as its heartbeat says it; empty where there was none"""
    version: str
    agents: Sequence[str]
    """what it called itself in User-Agent"""
    gateway: str
    day: date
    requests: int
    """how many it sent"""
    ended: int
    """how often it ended by itself and was started again"""
    rulings: Sequence[Ruling]
    """one for each rule, in the order of the specification"""

    @property
    def good(self) -> bool:
        """Whether no MUST is broken."""
        return not any(one.bad for one in self.rulings)

    @property
    def untried(self) -> int:
        """How many MUSTs were not tried."""
        return sum(one.answer is Answer.UNTRIED and NAMED[one.rule].level == "MUST" for one in self.rulings)

    @property
    def digest(self) -> str:
        """Hex SHA-256 over the report without this digest."""
        return hashlib.sha256(json.dumps(self._facts(), ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    def as_json(self) -> Mapping[str, Any]:
        """For machines."""
        return {**self._facts(), "digest": self.digest}

    def _facts(self) -> dict[str, Any]:
        return {
            "client": self.client or None,
            "version": self.version or None,
            "userAgents": list(self.agents),
            "gateway": self.gateway,
            "day": self.day.isoformat(),
            "requests": self.requests,
            "endedByItself": self.ended,
            "good": self.good,
            "rules": [
                {
                    "rule": one.rule,
                    "level": NAMED[one.rule].level,
                    "says": NAMED[one.rule].says.en,
                    "answer": one.answer.value,
                    "evidence": one.evidence.en,
                }
                for one in self.rulings
            ],
        }
