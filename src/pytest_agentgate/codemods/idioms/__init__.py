"""What test code does: fixtures, mocks and patches, expectations, strings that name modules, asynchronous tests."""
