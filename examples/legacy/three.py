"""Asks what became of three messages. Configured by the environment: SMSPARTNER_API_KEY, SMSP_BASE_URL, ...
Exit status: 0 if every message was answered, 1 if some were, 2 if none was."""
import sys
from ctypes import CDLL, POINTER, Structure, byref, c_char_p, c_int32, c_int64, c_size_t, c_void_p

MESSAGES = [("+33699999993", "111111"), ("+33699999992", "1000"), ("06 19 92 22 64", "1226613")]


class Query(Structure):
    _fields_ = [("phone_number", c_char_p), ("message_id", c_char_p)]


class Status(Structure):
    """As far as it is used; it is reached by pointer only."""
    _fields_ = [("phone_number", c_char_p), ("message_id", c_char_p), ("status_text", c_char_p),
                ("date_text", c_char_p), ("date", c_int64), ("state", c_int32), ("code", c_int32)]


library = CDLL("libsmsp.so.0")


def function(name, result, *parameters):
    """A function of the library. Without its types, pointers would be cut to 32 bits."""
    found = getattr(library, name)
    found.restype, found.argtypes = result, parameters
    return found


handle, out = c_void_p, POINTER(c_void_p)
code_name = function("smsp_code_name", c_char_p, c_int32)
state_name = function("smsp_state_name", c_char_p, c_int32)
error_message = function("smsp_error_message", c_char_p, handle)
config_new = function("smsp_config_new", handle)
load_env = function("smsp_config_load_env", c_int32, handle, out)
client_new = function("smsp_client_new", c_int32, handle, out, out)
multi_status = function("smsp_multi_status", c_int32, handle, POINTER(Query), c_size_t, out, out)
report_count = function("smsp_report_count", c_size_t, handle)
report_get = function("smsp_report_get", POINTER(Status), handle, c_size_t)

queries = (Query * len(MESSAGES))(*[(phone.encode(), message.encode()) for phone, message in MESSAGES])
config, client, report, error = c_void_p(config_new()), c_void_p(), c_void_p(), c_void_p()
code = load_env(config, byref(error))
if code == 0:
    code = client_new(config, byref(client), byref(error))
if code == 0:
    code = multi_status(client, queries, len(queries), byref(report), byref(error))
for index in range(report_count(report)):
    status = report_get(report, index).contents
    print(status.phone_number.decode(), state_name(status.state).decode())
if error:
    print(f"{code_name(code).decode()}: {error_message(error).decode()}", file=sys.stderr)
for kind, ended in ("error", error), ("report", report), ("client", client), ("config", config):
    function(f"smsp_{kind}_free", None, handle)(ended)
sys.exit(0 if code == 0 else 1 if code > 0 else 2)
