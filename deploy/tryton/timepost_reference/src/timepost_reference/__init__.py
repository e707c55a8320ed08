# Timepost reference: a Tryton module. Licence: GPL-3.0-or-later, see the LICENSE file of this module.
"""Opens `timesheet.line.uuid` to integrations, once, when the line is created."""
