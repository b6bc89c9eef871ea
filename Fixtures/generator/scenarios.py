"""The stories. Each function plays one on a fresh provider; `SCENARIOS` says in which API versions."""

from .provider import CURRENT, DAY, OLD


def person(provider, name):
    """A customer whose address is unique to the scenario, so that no two of them look like one person."""
    box = f"{name.split()[0].lower()}.{provider.name}@example.com"
    return provider.customer(name, box)


def shop(provider, name="Lantern", amount=1700, currency="usd"):
    product = provider.product(f"{name} Plan", f"The {name} plan (fixture)")
    return provider.price(product, amount, currency, nickname=f"{name} monthly")


def trial_to_paid(provider):
    price = shop(provider)
    provider.wait(minutes=5)
    provider.called_by_api()
    ada = person(provider, "Ada Fixture")
    provider.wait(seconds=2)
    provider.card(ada)
    provider.wait(seconds=3)
    trial = provider.subscribe(ada, price, trial_days=14, metadata={"seat": "front"})
    provider.automatic()
    provider.now = trial.trial_end - 3 * DAY
    provider.tell("customer.subscription.trial_will_end", trial)
    provider.renew(trial)


SCENARIOS = [
    ("01-trial-to-paid", trial_to_paid, (CURRENT, OLD)),
]
