{ Asks what became of three messages. Configured by the environment: SMSPARTNER_API_KEY, SMSP_BASE_URL, ...
  Ends with 0 when every message was answered, 1 when some were, 2 when none was. }
program three;
{$mode objfpc}
{$packrecords c}
{$linklib smsp}
uses ctypes;

type
  TQuery = record phone_number, message_id: pchar; end;
  { As far as it is used; it is reached by pointer only. }
  PStatus = ^TStatus;
  TStatus = record
    phone_number, message_id, status_text, date_text: pchar;
    date: cint64;
    state, code: cint32;
  end;

function smsp_config_new: pointer; cdecl; external;
function smsp_config_load_env(config: pointer; out error: pointer): cint32; cdecl; external;
procedure smsp_config_free(config: pointer); cdecl; external;
function smsp_client_new(config: pointer; out client, error: pointer): cint32; cdecl; external;
procedure smsp_client_free(client: pointer); cdecl; external;
function smsp_multi_status(client: pointer; constref queries: TQuery; count: csize_t; out report, error: pointer): cint32;
  cdecl; external;
function smsp_report_count(report: pointer): csize_t; cdecl; external;
function smsp_report_get(report: pointer; index: csize_t): PStatus; cdecl; external;
procedure smsp_report_free(report: pointer); cdecl; external;
function smsp_state_name(state: cint32): pchar; cdecl; external;
function smsp_code_name(code: cint32): pchar; cdecl; external;
function smsp_error_message(error: pointer): pchar; cdecl; external;
procedure smsp_error_free(error: pointer); cdecl; external;

const
  queries: array[0..2] of TQuery = (
    (phone_number: '+33699999993'; message_id: '111111'),
    (phone_number: '+33699999992'; message_id: '1000'),
    (phone_number: '06 19 92 22 64'; message_id: '1226613'));

var
  config, client, report, error: pointer;
  code: cint32;
  i: csize_t;
begin
  client := nil;
  report := nil;
  config := smsp_config_new;
  code := smsp_config_load_env(config, error);
  if code = 0 then code := smsp_client_new(config, client, error);
  if code = 0 then code := smsp_multi_status(client, queries[0], length(queries), report, error);
  i := 0;
  while i < smsp_report_count(report) do
  begin
    writeln(smsp_report_get(report, i)^.phone_number, ' ', smsp_state_name(smsp_report_get(report, i)^.state));
    inc(i);
  end;
  if error <> nil then writeln(stderr, smsp_code_name(code), ': ', smsp_error_message(error));
  smsp_error_free(error);
  smsp_report_free(report);
  smsp_client_free(client);
  smsp_config_free(config);
  if code < 0 then halt(2);
  halt(code);
end.
