"""The sound: impacts from contacts, water from its waves, the air of the place, mixed to a healthy level."""
