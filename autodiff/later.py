"""Rooms that are loaded when they, or a name of theirs, are first used: import stays light."""

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

_rooms: dict[str, str] = {}


class _Package(ModuleType):
    """A package where a room that shares the name of its function does not hide it."""

    def __getattr__(self, name: str) -> Any:
        if name not in _rooms:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        room = import_module(f"{self.__name__}.{_rooms[name]}")
        self.__dict__[name] = getattr(room, name, room)
        return self.__dict__[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _rooms and isinstance(value, ModuleType):  # said by the import of the room
            value = getattr(value, name, value)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_rooms})


def room(name: str) -> ModuleType:
    """Return a room of the package, loaded now: what notebooks show is made further down the list."""
    return import_module(f"{__package__}.{name}")


def load_later(package: str, rooms: Mapping[str, str]) -> None:
    """Let public names be loaded from their room when first used; a room's own name is the room."""
    _rooms.update(rooms)
    sys.modules[package].__class__ = _Package
