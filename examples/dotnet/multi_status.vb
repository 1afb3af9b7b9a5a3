' Asks what became of messages and prints their statuses.    multi_status.exe PHONE:ID ...
' Configured by the environment: SMSPARTNER_API_KEY, and SMSP_ with the name of an option in capitals for the others.
' Exit status: 0 if every message was answered, 1 if some were, 2 if none was.
Option Strict On
Option Explicit On
Option Infer On

Imports System
Imports System.Collections.Generic
Imports System.Globalization
Imports Smsp

Module MultiStatus

    Function Main(arguments As String()) As Integer
        Dim queries As New List(Of Query)
        For Each argument As String In arguments
            Dim parts As String() = argument.Split(":"c)
            queries.Add(New Query(parts(0), If(parts.Length > 1, parts(1), "")))
        Next

        Try
            ' One client for the life of the program: it keeps its connections.
            Using client As SmspClient = SmspClient.FromEnvironment()
                Dim report As Report = client.MultiStatus(queries)
                Print(report)
                If report.IsComplete Then Return 0
                Console.Error.WriteLine("SMSP_PARTIAL: " & report.Error.Message)
                Return 1
            End Using
        Catch problem As SmspException
            ' Nothing was answered; problem.IsRetryable tells whether it makes sense to ask again later.
            If problem.Report IsNot Nothing Then Print(problem.Report)
            Console.Error.WriteLine(problem.Message)
            Return 2
        End Try
    End Function

    Sub Print(report As Report)
        For Each status As Status In report
            Dim dateText As String = status.DateText
            If dateText Is Nothing AndAlso status.Date.HasValue Then
                dateText = status.Date.Value.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)
            End If
            Dim detail As String = If(status.Error Is Nothing, status.StatusText, status.Error.Message)
            Console.WriteLine("{0,-16} {1,-12} {2,-13} {3,-20} {4}", status.PhoneNumber, status.MessageId,
                              status.State.Name(), dateText, detail)
        Next
    End Sub

End Module
