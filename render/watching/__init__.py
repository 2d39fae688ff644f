"""A batch while it goes on: how fast, until when, what goes wrong, why each row waits. Looks only, changes nothing."""
