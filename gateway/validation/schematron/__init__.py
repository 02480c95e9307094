"""
Rules beyond the schema: Schematron, compiled here and run in a process that can reach nothing.

    sources       the files of a rule set, which refer to nothing but each other
    expansion     abstract patterns and rules, phases: down to plain rules
    compiler      plain rules as a stylesheet; `published`: a publisher's own, made to report alike
    prohibitions  what no rule may ask for
    checks        what is said of a broken rule, without values
    rules         all rule sets of a package
    worker        the process; `workers`: a few of them
    runner        documents in, stages out
"""

from gateway.validation.schematron.compiler import compile_rules
from gateway.validation.schematron.rules import Rules
from gateway.validation.schematron.runner import RULE_VIOLATED, RULES_NOT_CHECKED, Limits, RuleRunner

__all__ = ["RULES_NOT_CHECKED", "RULE_VIOLATED", "Limits", "RuleRunner", "Rules", "compile_rules"]
