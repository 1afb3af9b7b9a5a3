// runner SCENARIO BASE_URL [CA_FILE]
// Does what a scenario says through smsp.hpp alone, and prints canonical lines: README.md.
#include <smsp.hpp>

#include <poll.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

namespace {

std::string base_url, ca_file;
smsp::config config;
smsp::client client;
smsp::operation operation;
std::vector<smsp::query> list;

std::string text_of(const std::string &word)
{
    std::string text;
    for (std::size_t i = 0; i < word.size() && word != "%"; ++i)
        if (word[i] == '%') {
            text += static_cast<char>(std::stoi(word.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else {
            text += word[i];
        }
    return text;
}

std::string word_of(smsp::optional<smsp::string_view> text)
{
    if (!text)
        return "-";
    if (text->empty())
        return "%";
    if (*text == smsp::string_view("-"))
        return "%2D";
    std::string word;
    for (const char byte : *text) {
        char escaped[4] = { byte };
        if (byte <= ' ' || byte > '~' || byte == '%')
            std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(byte)));
        word += escaped;
    }
    return word;
}

std::string flag_of(smsp::optional<bool> flag) { return flag ? (*flag ? "1" : "0") : "-"; }

void print_error(const smsp::error &error)
{
    std::cout << ' ' << smsp::name(error.code()) << ' ' << error.api_code() << ' ' << error.http_status() << ' '
              << error.is_retryable() << ' ' << error.message();
}

void print_result(const std::string &what, smsp::code code, const smsp::error &error)
{
    std::cout << what << ' ' << smsp::name(code);
    if (error)
        print_error(error);
    std::cout << '\n';
}

template <class T> void print_result(const std::string &what, const smsp::result<T> &result)
{
    print_result(what, result.error().code(), result.error());
}

void print_status(const smsp::status &status, const smsp::error &error)
{
    std::cout << "status " << status.index() << ' ' << word_of(status.phone_number()) << ' ' << word_of(status.message_id()) << ' '
              << smsp::name(status.state()) << ' ' << smsp::name(status.code()) << ' ' << status.api_code() << ' '
              << (status.date() ? std::to_string(status.date()->count()) : "-") << ' ' << flag_of(status.stop_sms()) << ' '
              << flag_of(status.is_spam()) << ' ' << word_of(status.date_text()) << ' ' << word_of(status.status_text());
    if (error) {
        std::cout << "\nerror";
        print_error(error);
    }
    std::cout << '\n';
}

void print_outcome(const std::string &what, const smsp::outcome &outcome)
{
    print_result(what, outcome.code(), outcome.error());
    const smsp::report &report = outcome.report();
    if (report.empty() && outcome.code() != smsp::code::ok) {
        std::cout << "report -\n";
        return;
    }
    std::cout << "report " << report.size();
    for (int state = 0; smsp::name(static_cast<smsp::state>(state)) != smsp::string_view("?"); ++state)
        if (report.count(static_cast<smsp::state>(state)) > 0)
            std::cout << ' ' << smsp::name(static_cast<smsp::state>(state)) << ' '
                      << report.count(static_cast<smsp::state>(state));
    std::cout << '\n';
    std::size_t index = 0;
    for (const smsp::status status : report)
        print_status(status, report.error(index++));
}

void print_codes()
{
    for (int number = -100; number <= 100; ++number)
        if (smsp::name(static_cast<smsp::code>(number)) != smsp::string_view("?"))
            std::cout << "code " << number << ' ' << smsp::name(static_cast<smsp::code>(number)) << '\n';
}

void print_states()
{
    for (int number = -1; number <= 100; ++number) {
        const smsp::state state = static_cast<smsp::state>(number);
        if (smsp::name(state) != smsp::string_view("?"))
            std::cout << "state " << number << ' ' << smsp::name(state) << (smsp::is_final(state) ? " final\n" : " open\n");
    }
}

void add_many(unsigned long count)
{
    for (unsigned long i = 0; i < count; ++i) {
        char number[32];
        std::snprintf(number, sizeof number, "+336%08lu", i);
        list.push_back({ number, std::to_string(1000 + i) });
    }
}

void many_clients(unsigned long count)
{
    unsigned long good = 0;
    for (unsigned long i = 0; i < count; ++i) {
        const smsp::result<smsp::client> one = smsp::client::try_make(config);
        good += one && one->try_multi_status(list).code() == smsp::code::ok;
    }
    std::cout << "clients " << count << ' ' << good << '\n';
}

void use(smsp::result<smsp::client> made)
{
    print_result("client", made);
    client = *std::move(made);
}

bool do_word(const std::string &word)
{
    if (word == "version") {
        std::cout << "version " << smsp::version() << '\n';
    } else if (word == "codes") {
        print_codes();
    } else if (word == "states") {
        print_states();
    } else if (word == "options") {
        for (const smsp::string_view option : smsp::options())
            std::cout << "option " << option << ' ' << word_of(config.get(std::string(option))) << '\n';
    } else if (word == "counters") {
        for (const smsp::string_view counter : smsp::counters())
            std::cout << "counter " << counter << ' ' << *client.stat(std::string(counter)) << '\n';
    } else if (word == "config") {
        config = smsp::config();
    } else if (word == "env") {
        print_result(word, config.try_load_env());
    } else if (word == "client") {
        use(smsp::client::try_make(config));
    } else if (word == "clear") {
        list.clear();
    } else if (word == "ask") {
        print_outcome(word, client.try_multi_status(list));
    } else if (word == "start") {
        operation = smsp::operation();
        smsp::result<smsp::operation> started = client.try_start(list);
        print_result(word, started);
        operation = *std::move(started);
    } else if (word == "progress") {
        const smsp::progress progress = operation.progress();
        std::cout << "progress " << progress.done << ' ' << progress.total << '\n';
    } else if (word == "descriptor") {
        struct pollfd look = { operation.fd(), POLLIN, 0 };
        std::cout << "descriptor " << (poll(&look, 1, 0) == 1 && look.revents == POLLIN ? "readable" : "silent") << '\n';
    } else if (word == "cancel") {
        operation.cancel();
    } else if (word == "finish") {
        print_outcome(word, operation.try_finish());
    } else {
        return false;
    }
    return true;
}

bool do_pair(const std::string &word, const std::string &value)
{
    if (word == "client" && value == "env") {
        use(smsp::client::try_from_env());
    } else if (word == "get") {
        std::cout << "get " << value << ' ' << word_of(config.get(value)) << '\n';
    } else if (word == "queries") {
        add_many(std::stoul(value));
    } else if (word == "clients") {
        many_clients(std::stoul(value));
    } else if (word == "until") {
        while (operation.progress().done < std::stoul(value))
            operation.wait_for(std::chrono::milliseconds(1));
    } else if (word == "wait" && value[0] == '-') {
        operation.wait();
        std::cout << "wait SMSP_OK\n";
    } else if (word == "wait") {
        const bool is_done = operation.wait_for(std::chrono::milliseconds(std::stol(value)));
        std::cout << "wait " << smsp::name(is_done ? smsp::code::ok : smsp::code::pending) << '\n';
    } else if (word == "counter") {
        const smsp::optional<std::uint64_t> count = client.stat(value);
        std::cout << "counter " << smsp::name(count ? smsp::code::ok : smsp::code::invalid_argument) << '\n';
        if (count)
            std::cout << "value " << *count << '\n';
    } else if (word == "release" && value == "client") {
        client = smsp::client();
    } else if (word == "release" && value == "operation") {
        operation = smsp::operation();
    } else {
        return false;
    }
    return true;
}

bool do_three(const std::string &word, const std::string &first, const std::string &second)
{
    if (word == "set") {
        const std::string value = second == "{base_url}" ? base_url : second == "{ca_file}" ? ca_file : text_of(second);
        print_result(word, config.try_set(text_of(first), value));
    } else if (word == "query") {
        list.push_back({ text_of(first), text_of(second) });
    } else {
        return false;
    }
    return true;
}

bool do_line(const std::string &line)
{
    std::istringstream parts(line);
    std::vector<std::string> words;
    for (std::string word; parts >> word;)
        words.push_back(word);
    if (words.empty() || words[0][0] == '#' || words[0] == "simulator" || words[0] == "environment" || words[0] == "needs")
        return true;
    return (words.size() == 1 && do_word(words[0])) || (words.size() == 2 && do_pair(words[0], words[1]))
        || (words.size() == 3 && do_three(words[0], words[1], words[2]));
}

} // namespace

int main(int argc, char **argv)
{
    std::ifstream file(argc < 3 ? "" : argv[1]);
    base_url = argc < 3 ? "" : argv[2];
    ca_file = argc > 3 ? argv[3] : "";
    for (std::string line; std::getline(file, line);)
        if (!do_line(line)) {
            std::cerr << "not understood: " << line << '\n';
            return 2;
        }
    // Before the library ends, whose handles these are.
    operation = smsp::operation();
    client = smsp::client();
    return argc < 3 ? 2 : 0;
}
