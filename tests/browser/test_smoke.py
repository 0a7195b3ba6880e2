import pytest
@pytest.mark.browser
def test_x(newcomer):
    v = newcomer()
    v.go("/login/"); print(v.page.content()[:6000]); print(v.watch.problems)
