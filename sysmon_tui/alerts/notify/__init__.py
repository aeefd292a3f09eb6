"""Telling people of alerts: mute, group, drop what is known, limit, deliver with retries.

`monitor.notifying` composes a `Dispatcher` of the receivers in the settings; nothing here is
loaded where there are none.
"""
