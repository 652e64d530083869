"""What a site hands over to the twins of its devices, and what it publishes of theirs: the weather.

Facts that concern a lane come to the site first (decision record 10).
"""

from syspark.domain.access import CredentialKind
from syspark.domain.decision import Command, Decision, Moment, ToController, ToDevice, also, later
from syspark.domain.facts import WeatherReported
from syspark.domain.messages import DesiredChanged, Reported
from syspark.domain.orders import ShowWeather
from syspark.domain.site.events import CredentialChanged, Observed, SiteEvent
from syspark.domain.site.state import SiteSetup
from syspark.domain.units import Uid


def controllers(decision: Decision[SiteEvent]) -> Decision[SiteEvent]:
    """The decision, with the badges it changes handed over to whoever keeps the controllers' lists."""
    credentials = (event.credential for event in decision.events if isinstance(event, CredentialChanged))
    uids = tuple(Uid(one.uid) for one in credentials if one.kind is CredentialKind.BADGE)
    if not uids:
        return decision
    return also(decision, handovers=(ToController(DesiredChanged(uids=uids)),))


def weather(reported: Reported, fact: WeatherReported, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Show the weather on the site's displays, retained; after some hours the broker forgets it: it is no news then."""
    order = ShowWeather(
        ville=fact.ville,
        description=fact.description,
        temperature=fact.temperature,
        humidite=fact.humidite,
        vent=fact.vent,
        vent_dir=fact.vent_dir,
        prevision=fact.prevision,
        pluie=fact.pluie,
        co2=fact.co2,
        air=fact.air,
    )
    expires_at = later(at.fact_at, setup.policy.weather_expiry_s)
    return Decision(
        rule="weather-reported",
        events=(Observed(device=reported.device),),
        commands=(Command(id=at.command_id(0), order=order, expires_at=expires_at),),
        handovers=(ToDevice(reported.device, reported),),
    )
