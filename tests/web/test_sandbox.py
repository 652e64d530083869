"""Where no real money is taken, every page says so."""

from syspark.gateways.stripe_payments import StripePayments
from tests.web.field import Field
from tests.web.serving import Reader, served_on


async def ribbons(field: Field, key: str) -> list[bool]:
    """Whether an operator's page and a driver's say it."""
    provider = StripePayments(key, ["whsec_of_the_tests"], base="https://127.0.0.1:1")
    try:
        async with served_on(field.url, payments=provider) as running, Reader.visiting(running) as reader:
            await reader.sign_in()
            return ["SANDBOX: no real money" in await reader.get(path) for path in ("/", "/pay/default")]
    finally:
        await provider.close()


async def test_every_page_is_marked_while_no_real_money_is_taken(field: Field) -> None:
    field.operator()
    assert await ribbons(field, "sk_test_of_the_tests") == [True, True]
    assert await ribbons(field, "sk_live_of_the_tests") == [False, False]
