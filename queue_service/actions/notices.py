"""What is said on all hall screens besides calls? An emergency, by whoever runs the hall."""

from sqlalchemy import update

from queue_service.model import Branch, table
from queue_service.model.branch import Text
from queue_service.rules.errors import invalid
from queue_service.storage.hall import Hall

branch_table = table(Branch)


def say_emergency(hall: Hall, text: Text, actor: str) -> None:
    """Show `text` on every hall screen instead of anything else; without a text, end that.

    Raises Refused(default_language_missing): whoever reads only the branch's own language must be told as well.
    """
    told = {language: words.strip() for language, words in text.items() if words.strip()}
    language = hall.setup.default_language
    if told and language not in told:
        raise invalid("default_language_missing", f"text.{language}", language=language)
    here = branch_table.c.id == hall.setup.branch_id
    hall.connection.execute(update(branch_table).where(here).values(emergency=told))
    hall.record("emergency", actor, facts={"text": told})
    hall.set_up_again()
