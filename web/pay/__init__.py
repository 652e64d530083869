"""The driver's portal: find one's stay, pay for it, have the receipt, call for help. No script is needed.

A stranger learns the amount of a plate they type, and nothing else, unless they prove that the vehicle is theirs.
Source: ui.md, "Driver portal"; quality.md, "Security"; docs/portal.md.
"""
