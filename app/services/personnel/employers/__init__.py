"""Who answers for an organization, to what it has agreed beforehand, of what it is reminded."""
