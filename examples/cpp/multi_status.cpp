// Asks what became of messages and prints their statuses.    multi_status PHONE:ID ...
// Configured by the environment: SMSPARTNER_API_KEY, and SMSP_ with the name of an option in capitals for the others.
// Exit status: 0 if every message was answered, 1 if some were, 2 if none was.
// Build: c++ multi_status.cpp -o multi_status -lsmsp
#include <smsp.hpp>

#include <cstdio>
#include <ctime>
#include <iomanip>
#include <iostream>

static std::string date_of(const smsp::status &status)
{
    if (!status.date())
        return std::string(status.date_text().value_or(""));
    const std::time_t seconds = static_cast<std::time_t>(status.date()->count());
    char text[32] = "";
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&seconds));
    return text;
}

static void print(const smsp::report &report)
{
    std::cout << std::left;
    for (const smsp::status status : report)
        std::cout << std::setw(16) << std::string(status.phone_number()) << ' ' << std::setw(12)
                  << std::string(status.message_id()) << ' ' << std::setw(13) << std::string(smsp::name(status.state()))
                  << ' ' << std::setw(20) << date_of(status) << ' ' << status.status_text().value_or("")
                  << report.error(status.index()).message() << '\n'; // empty if it was answered
}

int main(int argc, char **argv)
{
    std::vector<smsp::query> messages;
    for (int i = 1; i < argc; ++i) {
        const std::string message = argv[i];
        const std::size_t colon = message.find(':');
        messages.push_back({ message.substr(0, colon), colon < message.size() ? message.substr(colon + 1) : "" });
    }
    try {
        const smsp::client client = smsp::client::from_env();
        const smsp::outcome outcome = client.multi_status(messages);
        print(outcome.report());
        if (!outcome.error())
            return 0;
        std::cerr << smsp::name(outcome.code()) << ": " << outcome.error().message() << '\n';
        return 1;
    } catch (const smsp::exception &failed) {
        if (failed.report())
            print(*failed.report());
        std::cerr << smsp::name(failed.code()) << ": " << failed.what() << '\n';
        return 2;
    }
}
