      *> Asks what became of three messages. Configured by the environment: SMSPARTNER_API_KEY, SMSP_BASE_URL, ...
      *> Ends with 0 when every message was answered, 1 when some were, 2 when none was.
       IDENTIFICATION DIVISION.
       PROGRAM-ID. THREE.
       DATA DIVISION.
       WORKING-STORAGE SECTION.
      *> Texts for C end with a zero byte: the Z before them.
       01 PHONE-TEXTS.
          05 PIC X(16) VALUE Z"+33699999993".
          05 PIC X(16) VALUE Z"+33699999992".
          05 PIC X(16) VALUE Z"06 19 92 22 64".
       01 REDEFINES PHONE-TEXTS.
          05 PHONE-NUMBER PIC X(16) OCCURS 3.
       01 ID-TEXTS.
          05 PIC X(16) VALUE Z"111111".
          05 PIC X(16) VALUE Z"1000".
          05 PIC X(16) VALUE Z"1226613".
       01 REDEFINES ID-TEXTS.
          05 MESSAGE-ID PIC X(16) OCCURS 3.
      *> An array of struct smsp_query.
       01 QUERIES.
          05 QUERY OCCURS 3.
             10 QUERY-NUMBER USAGE POINTER.
             10 QUERY-ID USAGE POINTER.
       01 HANDLES.
          05 CONFIG USAGE POINTER VALUE NULL.
          05 CLIENT USAGE POINTER VALUE NULL.
          05 REPORT-HANDLE USAGE POINTER VALUE NULL.
          05 FAILURE USAGE POINTER VALUE NULL.
       01 RESULT USAGE BINARY-LONG.
       01 HOW-MANY USAGE BINARY-DOUBLE UNSIGNED VALUE 3.
       01 I USAGE BINARY-DOUBLE UNSIGNED.
       01 PLACE USAGE POINTER.
       01 TEXT-OUT PIC X(400).
       LINKAGE SECTION.
       01 C-TEXT PIC X(400).
      *> struct smsp_status, as far as it is used.
       01 STATUS-ROW.
          05 FILLER USAGE POINTER OCCURS 4.
          05 STATUS-DATE USAGE BINARY-DOUBLE.
          05 STATUS-STATE USAGE BINARY-LONG.
       PROCEDURE DIVISION.
           PERFORM VARYING I FROM 1 BY 1 UNTIL I > 3
              SET QUERY-NUMBER(I) TO ADDRESS OF PHONE-NUMBER(I)
              SET QUERY-ID(I) TO ADDRESS OF MESSAGE-ID(I)
           END-PERFORM
           CALL "smsp_config_new" RETURNING CONFIG
           CALL "smsp_config_load_env" USING BY VALUE CONFIG
              BY REFERENCE FAILURE RETURNING RESULT
           IF RESULT = 0
              CALL "smsp_client_new" USING BY VALUE CONFIG
                 BY REFERENCE CLIENT FAILURE RETURNING RESULT
           END-IF
           IF RESULT = 0
              CALL "smsp_multi_status" USING BY VALUE CLIENT
                 BY REFERENCE QUERIES BY VALUE HOW-MANY
                 BY REFERENCE REPORT-HANDLE FAILURE RETURNING RESULT
           END-IF
           IF REPORT-HANDLE NOT = NULL
              PERFORM VARYING I FROM 0 BY 1 UNTIL I = HOW-MANY
                 SET PLACE TO QUERY-NUMBER(I + 1)
                 PERFORM COPY-TEXT
                 DISPLAY FUNCTION TRIM(TEXT-OUT) WITH NO ADVANCING
                 CALL "smsp_report_get" USING BY VALUE REPORT-HANDLE
                    BY VALUE I RETURNING PLACE
                 SET ADDRESS OF STATUS-ROW TO PLACE
                 CALL "smsp_state_name" USING BY VALUE STATUS-STATE
                    RETURNING PLACE
                 PERFORM COPY-TEXT
                 DISPLAY " " FUNCTION TRIM(TEXT-OUT)
              END-PERFORM
           END-IF
           IF FAILURE NOT = NULL
              CALL "smsp_code_name" USING BY VALUE RESULT
                 RETURNING PLACE
              PERFORM COPY-TEXT
              DISPLAY FUNCTION TRIM(TEXT-OUT) ": " UPON STDERR
                 WITH NO ADVANCING
              CALL "smsp_error_message" USING BY VALUE FAILURE
                 RETURNING PLACE
              PERFORM COPY-TEXT
              DISPLAY FUNCTION TRIM(TEXT-OUT) UPON STDERR
           END-IF
           CALL "smsp_error_free" USING BY VALUE FAILURE
           CALL "smsp_report_free" USING BY VALUE REPORT-HANDLE
           CALL "smsp_client_free" USING BY VALUE CLIENT
           CALL "smsp_config_free" USING BY VALUE CONFIG
           EVALUATE RESULT
              WHEN 0 STOP RUN RETURNING 0
              WHEN 1 STOP RUN RETURNING 1
              WHEN OTHER STOP RUN RETURNING 2
           END-EVALUATE.
      *> The text of C at PLACE, into TEXT-OUT.
       COPY-TEXT.
           MOVE SPACES TO TEXT-OUT.
           SET ADDRESS OF C-TEXT TO PLACE.
           STRING C-TEXT DELIMITED BY X"00" INTO TEXT-OUT.
