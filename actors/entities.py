"""The actors that rows are for, and how each is made when one of its rows comes."""

from collections.abc import Awaitable, Callable
from functools import partial

from actors.alarms import AlarmsActor
from actors.controller import ControllerActor
from actors.device import DeviceActor
from actors.figures import ActorFigures
from actors.house import House
from actors.organisation import OrganisationActor
from actors.router import Router
from actors.runtime import Directory, EntityActor, Key
from actors.session import SessionActor
from actors.site import SiteActor

ENTITIES = (SiteActor, SessionActor, DeviceActor, ControllerActor, OrganisationActor, AlarmsActor)


def serve(directory: Directory, house: House) -> None:
    """Let the directory make each of them."""
    for entity in ENTITIES:
        directory.serve(entity.kind, _maker(entity, house))


def count(figures: ActorFigures, router: Router) -> None:
    """Have it measured how many rows wait for the actors of each kind."""
    for entity in ENTITIES:
        figures.waiting(entity.kind, partial(router.waiting, entity.kind))


def _maker(entity: Callable[[Key, House], EntityActor], house: House) -> Callable[[Key], Awaitable[EntityActor]]:
    async def make(key: Key) -> EntityActor:
        return entity(key, house)

    return make
