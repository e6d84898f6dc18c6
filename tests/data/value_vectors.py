"""Makes value_vectors.json: value against cost by exact fractions, apart from the service's own arithmetic.

Run it again with: python3 tests/data/value_vectors.py
"""
import json
import random
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from statistics import median


def rounded(number, places):
    """Half up, away from zero, as text."""
    if number is None:
        return None
    scaled = abs(number) * 10**places
    whole = int(scaled + Fraction(1, 2))
    sign = "-" if number < 0 and whole else ""
    digits = str(whole).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def share(cost, year):
    """What of a cost falls on a year, in hundredths."""
    first, last = date.fromisoformat(cost["firstDay"]), date.fromisoformat(cost["lastDay"])
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    within = sum(day.year == year for day in days)
    return Fraction(cost["minor"] * within, len(days)), within


def costs_of(costs, year):
    sums = {}
    for cost in costs:
        amount, days = share(cost, year)
        if days:
            sums[cost["currency"]] = sums.get(cost["currency"], 0) + amount
    return sums


def look(service, year):
    costs = costs_of(service["costs"], year)
    given = service["assessments"].get(str(year))
    mean = Fraction(sum(given["scores"]), len(given["scores"])) if given else None
    benefit = given["benefit"] if given else None
    one = list(costs.items())[0] if len(costs) == 1 else None
    ratio = None
    if one and benefit and one[0] == benefit["currency"] and one[1]:
        ratio = Fraction(benefit["minor"]) / one[1]
    return {"costs": costs, "one": one, "mean": mean, "benefit": benefit, "ratio": ratio}


def expected(services, year):
    now = [look(service, year) for service in services]
    then = [look(service, year - 1) for service in services]
    told = []
    for this, last in zip(now, then):
        middle = None
        if this["one"]:
            currency = this["one"][0]
            middle = median(other["costs"][currency] for other in now if currency in other["costs"])
        quadrant = None
        if this["mean"] is not None and this["one"]:
            worth = "high_value" if this["mean"] >= 3 else "low_value"
            price = "high_cost" if this["one"][1] >= middle else "low_cost"
            quadrant = f"{worth}_{price}"
        change = {
            "meanScore": rounded(this["mean"] - last["mean"], 2)
            if this["mean"] is not None and last["mean"] is not None
            else None,
            "cost": rounded((this["one"][1] - last["one"][1]) / 100, 2)
            if this["one"] and last["one"] and this["one"][0] == last["one"][0]
            else None,
            "ratio": rounded(this["ratio"] - last["ratio"], 4)
            if this["ratio"] is not None and last["ratio"] is not None
            else None,
        }
        told.append(
            {
                "costs": {c: rounded(minor / 100, 2) for c, minor in sorted(this["costs"].items())},
                "ratio": rounded(this["ratio"], 4),
                "meanScore": rounded(this["mean"], 2),
                "medianCost": rounded(Fraction(middle) / 100, 2) if middle is not None else None,
                "quadrant": quadrant,
                "change": {name: value for name, value in change.items() if value is not None},
            }
        )
    return told


def service(chance, year):
    """Costs that follow one another from somewhere in the year before to somewhere in the year after."""
    costs, day = [], date(year - 1, 1, 1) + timedelta(chance.randrange(200))
    currency = chance.choice(["SEK", "SEK", "SEK", "EUR"])
    for _ in range(chance.randrange(4)):
        last = day + timedelta(chance.choice([0, 27, 30, 89, 364, 365, 500]))
        if chance.random() < 0.1:
            currency = "EUR"
        costs.append(
            {
                "firstDay": day.isoformat(),
                "lastDay": last.isoformat(),
                "minor": chance.choice([0, 1, 100, chance.randrange(10**8), chance.randrange(10**12)]),
                "currency": currency,
            }
        )
        day = last + timedelta(1 + chance.choice([0, 0, 17]))
    assessments = {}
    for of in (year - 1, year):
        if chance.random() < 0.7:
            benefit = {"minor": chance.randrange(10**9), "currency": chance.choice(["SEK", "SEK", "EUR"])}
            assessments[str(of)] = {
                "scores": [chance.randint(1, 5) for _ in range(chance.randint(1, 6))],
                "benefit": benefit if chance.random() < 0.8 else None,
            }
    return {"costs": costs, "assessments": assessments}


def main():
    chance = random.Random(11)
    cases = []
    for _ in range(60):
        year = chance.choice([2023, 2024, 2025])
        services = [service(chance, year) for _ in range(chance.randint(1, 5))]
        cases.append({"year": year, "services": services, "expected": expected(services, year)})
    text = json.dumps(cases, separators=(",", ":")).replace('{"year"', '\n{"year"')
    Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
