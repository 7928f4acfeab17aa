"""Answers, for each line of JSON on stdin, what scipy says about it."""

import json
import sys

from scipy import stats


def ranks(case):
    """One-sided Mann-Whitney tests, exact where there are no ties."""
    both = case["candidate"] + case["baseline"]
    method = "exact" if len(set(both)) == len(both) else "asymptotic"

    def tail(side):
        test = stats.mannwhitneyu(
            case["candidate"], case["baseline"], alternative=side, method=method
        )
        return test.pvalue

    return {"higher": tail("greater"), "lower": tail("less")}


def rates(case):
    """One-sided conditional binomial tests of a ratio of rates."""
    own = case["ratio"] * case["trials"]
    share = own / (own + case["baselineTrials"])
    events = case["events"] + case["baselineEvents"]

    def tail(side):
        return stats.binomtest(case["events"], events, share, alternative=side).pvalue

    return {"higher": tail("greater"), "lower": tail("less")}


def at_most(case):
    """The binomial distribution function."""
    return {"p": float(stats.binom.cdf(case["events"], case["trials"], case["rate"]))}


KINDS = {"ranks": ranks, "rates": rates, "atMost": at_most}

for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps(KINDS[question["kind"]](question)))
