"""The centre: routes, orders, logs and delivers what it cannot read."""
