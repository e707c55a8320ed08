# Timepost reference: a Tryton module. Licence: GPL-3.0-or-later, see the LICENSE file of this module.
"""The one change this module makes to Tryton's timesheet lines."""

from trytond.pool import PoolMeta
from trytond.pyson import Eval


class Line(metaclass=PoolMeta):
    """Tryton keeps `uuid` unique but read-only for every caller from outside.

    An integration that lost the answer to a create call therefore cannot tell whether the line
    exists. Here the caller may choose the uuid when it creates a line; Tryton's own unique
    constraint then refuses the second line with the same uuid. A saved line keeps the uuid it has.
    """

    __name__ = "timesheet.line"

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.uuid.readonly = False
        cls.uuid.states["readonly"] = Eval("id", -1) >= 0
