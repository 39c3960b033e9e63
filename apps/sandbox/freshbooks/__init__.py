"""A simulated FreshBooks, from its pages, its SDKs and others' recorded readings; never from a connector."""
