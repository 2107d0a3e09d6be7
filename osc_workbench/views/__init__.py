"""Widgets and plots over the models, where both paths meet the user; know neither session nor net."""
