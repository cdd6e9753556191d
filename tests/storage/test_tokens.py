"""How are tokens kept? By their hash alone; those of one day side by side."""

from queue_service.storage.lookup import token_hash


def test_tokens_of_one_day_lie_side_by_side_and_keep_nothing_else() -> None:
    one, other = token_hash("b4c2f.first-secret"), token_hash("b4c2f.second-secret")
    assert one[:6] == other[:6] == "b4c2f."
    assert one != other
    assert "secret" not in one + other


def test_a_hash_fits_its_column_whatever_is_asked_for() -> None:
    for token in ("plain", "b4c2f.secret", "." * 100, "x" * 100 + ".y"):
        assert len(token_hash(token)) == 64


def test_the_same_secret_on_another_day_is_another_token() -> None:
    assert token_hash("b4c2f.secret") != token_hash("b4c30.secret")
    assert token_hash("b4c2f.secret")[6:] != token_hash("b4c30.secret")[6:]
