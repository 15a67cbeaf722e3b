"""Sending one letter by SMTP, and telling apart what surely did not go out from what perhaps did."""

from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib

from records.letters import Letter


class NotTakenError(Exception):
    """The mail server did not take the letter: it may be sent again."""


class PerhapsTakenError(Exception):
    """The connection broke after the letter was handed over: it is not sent again."""


@dataclass(frozen=True)
class Mailer:
    """A mail server, and how letters look: a reference and a link, no name and nothing clinical."""

    host: str
    port: int
    sender: str
    public_url: str
    username: str | None = None
    password: str | None = None
    starttls: bool = False

    def message(self, letter: Letter) -> EmailMessage:
        """The letter as a message; its id makes a copy recognisable as one."""
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = letter.email
        message["Subject"] = f"Alongside: something needs you ({letter.reference})"
        message["Message-ID"] = f"<{letter.id}@{self.sender.partition('@')[2]}>"
        link = f"\n{self.public_url}/transitions/{letter.transition_id}\n" if letter.transition_id else ""
        message.set_content(f"{letter.text}\n{link}")
        return message

    async def send(self, letter: Letter) -> None:
        """Hand the letter to the server. Raises NotTakenError, or PerhapsTakenError when it cannot be known."""
        client = aiosmtplib.SMTP(hostname=self.host, port=self.port, start_tls=self.starttls, timeout=30)
        try:
            await client.connect()
            if self.username is not None:
                await client.login(self.username, self.password or "")
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise NotTakenError(type(error).__name__) from error
        try:
            await client.send_message(self.message(letter))
        except aiosmtplib.SMTPResponseException as error:
            raise NotTakenError(f"the mail server answered {error.code}") from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise NotTakenError("the mail server refused the address") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise PerhapsTakenError(type(error).__name__) from error
        finally:
            client.close()
