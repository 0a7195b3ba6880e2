"""Pages of signing in: sign-in, registration, requests for access, rights in words, «смотреть как», appearance."""
