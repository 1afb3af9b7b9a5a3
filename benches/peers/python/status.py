"""The job of benches/job.h by requests, with a session: the connection is kept.

usage: python3 status.py BASE_URL KEY COUNT ROUNDS CONNECTIONS [table]      (CONNECTIONS is 1)
"""
import os
import resource
import sys
import time

import requests

STATES = {"Delivered": "delivered", "Not delivered": "not_delivered", "Waiting": "waiting", "ko": "not_sent"}


def state(text, code):
    if code != 200:
        return "not_found" if code == 4 else "rejected"
    return STATES.get(text, "unknown")


def integer(value):
    return None if value is None else int(value)


def row(message, entry):
    number, message_id = message
    if entry["messageId"] != message_id:
        sys.exit("an answer to another question")
    text = entry["status"]
    return (number, message_id, state(text, entry["code"]), integer(entry.get("date")),
            integer(entry.get("stopSms")), integer(entry.get("isSpam")), text)


def ask(session, base, key, messages):
    rows = []
    for first in range(0, len(messages), 500):
        batch = messages[first:first + 500]
        data = {"apiKey": key, "SMSStatut_List": [{"phoneNumber": number, "messageId": message_id}
                                                  for number, message_id in batch]}
        response = session.post(base + "/multi-status", json=data, timeout=10,
                                verify=os.environ.get("BENCH_CA", True))
        response.raise_for_status()
        answer = response.json()
        if not answer["success"] or len(answer["StatutResponse_List"]) != len(batch):
            sys.exit("refused, or not an answer")
        rows.extend(map(row, batch, answer["StatutResponse_List"]))
    return rows


def used():
    """Seconds of CPU, seconds, and KiB at the peak."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, time.monotonic(), usage.ru_maxrss


def main():
    base, key, count, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    prefix = "06" if os.environ.get("BENCH_NATIONAL") else "+336"
    messages = [(f"{prefix}{i % 100000000:08}", 100000 + i) for i in range(count)]
    session = requests.Session()
    before = used()
    for _ in range(rounds):
        rows = ask(session, base, key, messages)
    after = used()
    if "table" not in sys.argv[6:]:
        print(f"{after[0] - before[0]:.6f} {after[1] - before[1]:.6f} {after[2]} {after[2] - before[2]}")
        return
    for line in rows:
        print(*("-" if value is None else value for value in line), sep="\t")


main()
