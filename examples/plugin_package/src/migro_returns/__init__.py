"""A returns portal beside the shop: what it adds to migro. Nothing happens on import."""
