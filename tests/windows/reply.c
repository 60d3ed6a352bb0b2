/* The program of the package that tests/windows/run starts: says what reached it, in UTF-8, and ends as it is told. */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>
#include <shellapi.h>

static void say(const wchar_t *text) {
    char out[200000];
    int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, out, sizeof out, NULL, NULL);
    if (length > 0) fwrite(out, 1, (size_t)length - 1, stdout);
}

static HANDLE interrupted;

static BOOL WINAPI on_event(DWORD event) {
    if (event != CTRL_C_EVENT) return FALSE;
    SetEvent(interrupted);
    return TRUE;
}

int wmain(int count, wchar_t **args) {
    /* The C runtime and the system take the command line apart by rules of their own; both must find the same. */
    int other_count;
    wchar_t **other = CommandLineToArgvW(GetCommandLineW(), &other_count);
    if (!other || other_count != count) return 250;
    for (int i = 0; i < count; i++) if (wcscmp(args[i], other[i]) != 0) return 251;

    if (count > 2 && !wcscmp(args[1], L"exit")) return (int)wcstoul(args[2], NULL, 0);
    if (count > 2 && !wcscmp(args[1], L"variable")) {
        static wchar_t value[32768];
        if (!GetEnvironmentVariableW(args[2], value, 32768)) return 1;
        say(value);
        return 0;
    }
    if (count > 1 && !wcscmp(args[1], L"copy")) {
        for (int c; (c = getchar()) != EOF;) putchar(c);
        return 0;
    }
    if (count > 2 && !wcscmp(args[1], L"interruptible")) {
        interrupted = CreateEventW(NULL, TRUE, FALSE, NULL);
        SetConsoleCtrlHandler(on_event, TRUE);
        fclose(_wfopen(args[2], L"w"));
        return WaitForSingleObject(interrupted, 60000) == WAIT_OBJECT_0 ? 77 : 78;
    }
    if (count > 2 && !wcscmp(args[1], L"wait")) {
        printf("%lu\n", (unsigned long)GetCurrentProcessId());
        fflush(stdout);
        Sleep(wcstoul(args[2], NULL, 0));
        return 0;
    }
    for (int i = 0; i < count; i++) {
        say(args[i]);
        putchar('\n');
    }
    return 0;
}
