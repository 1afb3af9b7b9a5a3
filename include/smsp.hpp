/*
 * smsp.hpp - libsmsp for C++11 and later: one header over smsp.h, and nothing to link but libsmsp.
 *
 *     const smsp::client client = smsp::client::from_env();       // SMSPARTNER_API_KEY; or of an smsp::config
 *     std::vector<smsp::query> list = { { "+33 6 12 34 56 78", "199897" }, { "0612345679", "199897" } };
 *     smsp::outcome outcome = client.multi_status(list);
 *     for (smsp::status status : outcome.report())
 *         std::cout << status.phone_number() << ' ' << smsp::name(status.state()) << ' ' << status.error().message() << '\n';
 *
 * - Handles (config, client, report, operation) can be moved but not copied, and free what they own. The functions of a
 *   handle that was moved from return code::invalid_argument or an empty value.
 * - Functions that can fail exist twice. `client.multi_status` throws smsp::exception if no query was answered.
 *   `client.try_multi_status` throws no exception of this library: it returns an outcome, or a result<T>, which has a value
 *   or an error. With -fno-exceptions only the second kind exists.
 * - Texts that you get are views (std::string_view since C++17) into the handle they come from, and live as long as it.
 * - Threads: any number of threads may use a client or an operation and read a report; one thread at a time may use a
 *   configuration. No thread may use a handle while another thread destroys or moves it.
 */
#ifndef SMSP_HPP
#define SMSP_HPP

#include <smsp.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/* Object files that were compiled in different ways may be linked into one program: inline namespaces give the types of each
 * way names of their own. They cannot pass these types to each other: the linker then does not find a name. */
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define SMSP_HAS_EXCEPTIONS 1
#define SMSP_EXCEPTIONS throwing
#include <stdexcept>
#else
#define SMSP_HAS_EXCEPTIONS 0
#define SMSP_EXCEPTIONS not_throwing
#endif

#if __cplusplus >= 201703L || (defined(_MSVC_LANG) && _MSVC_LANG >= 201703L)
#define SMSP_HAS_CPP17 1
#define SMSP_STANDARD cpp17
#define SMSP_NODISCARD [[nodiscard]]
#include <optional>
#include <string_view>
#else
#define SMSP_HAS_CPP17 0
#define SMSP_STANDARD cpp11
#define SMSP_NODISCARD
#include <ostream>
#endif

/* The strings and containers of the standard library. */
#if defined(_LIBCPP_VERSION)
#define SMSP_STRINGS libcxx
#elif defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
#define SMSP_STRINGS old_strings
#else
#define SMSP_STRINGS strings
#endif
#if defined(_GLIBCXX_DEBUG)
#define SMSP_CONTAINERS debug
#else
#define SMSP_CONTAINERS release
#endif

namespace smsp {
inline namespace SMSP_STANDARD {
inline namespace SMSP_EXCEPTIONS {
inline namespace SMSP_STRINGS {
inline namespace SMSP_CONTAINERS {

/* ---- Texts and values that may be missing ---- */

#if SMSP_HAS_CPP17
using std::optional;
using std::string_view;
#else
/* The part of std::string_view that is needed before C++17. */
class string_view {
public:
    string_view() : begin_(""), size_(0) {}
    string_view(const char *text) : begin_(text), size_(std::strlen(text)) {}
    string_view(const std::string &text) : begin_(text.data()), size_(text.size()) {}

    const char *data() const { return begin_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const char *begin() const { return begin_; }
    const char *end() const { return begin_ + size_; }
    explicit operator std::string() const { return std::string(begin_, size_); }

    friend bool operator==(string_view one, string_view other)
    {
        return one.size_ == other.size_ && std::memcmp(one.begin_, other.begin_, one.size_) == 0;
    }
    friend bool operator!=(string_view one, string_view other) { return !(one == other); }
    friend std::ostream &operator<<(std::ostream &out, string_view text)
    {
        return out.write(text.begin_, static_cast<std::streamsize>(text.size_));
    }

private:
    const char *begin_;
    std::size_t size_;
};

/* The part of std::optional that is needed before C++17. */
template <class T> class optional {
public:
    optional() : value_(), has_value_(false) {}
    optional(const T &given) : value_(given), has_value_(true) {}

    bool has_value() const { return has_value_; }
    explicit operator bool() const { return has_value_; }
    const T &operator*() const { return value_; }
    const T *operator->() const { return &value_; }
    T value_or(const T &other) const { return has_value_ ? value_ : other; }

private:
    T value_;
    bool has_value_;
};
#endif

/* ---- Codes and states ---- */

/* The result of a call or of one query: 0 is success, a positive code is a condition, a negative code is an error. */
enum class code : std::int32_t {
    ok = SMSP_OK,
    partial = SMSP_PARTIAL,
    pending = SMSP_PENDING,
    invalid_argument = SMSP_E_INVALID_ARGUMENT,
    config = SMSP_E_CONFIG,
    connect = SMSP_E_CONNECT,
    tls = SMSP_E_TLS,
    timeout = SMSP_E_TIMEOUT,
    cancelled = SMSP_E_CANCELLED,
    http = SMSP_E_HTTP,
    protocol = SMSP_E_PROTOCOL,
    auth = SMSP_E_AUTH,
    denied = SMSP_E_DENIED,
    rate_limited = SMSP_E_RATE_LIMITED,
    api = SMSP_E_API,
    resource = SMSP_E_RESOURCE,
    internal = SMSP_E_INTERNAL
};

/* The state of a message. */
enum class state : std::int32_t {
    unanswered = SMSP_STATE_UNANSWERED,
    delivered = SMSP_STATE_DELIVERED,
    not_delivered = SMSP_STATE_NOT_DELIVERED,
    waiting = SMSP_STATE_WAITING,
    not_found = SMSP_STATE_NOT_FOUND,
    not_sent = SMSP_STATE_NOT_SENT,
    rejected = SMSP_STATE_REJECTED,
    invalid = SMSP_STATE_INVALID,
    unknown = SMSP_STATE_UNKNOWN
};

/* The name of a code, such as "SMSP_E_TIMEOUT"; "?" for an unknown code. */
inline string_view name(code which) { return smsp_code_name(static_cast<smsp_code>(which)); }

/* The name of a state, such as "not_delivered"; "?" for an unknown state. */
inline string_view name(state which) { return smsp_state_name(static_cast<smsp_state>(which)); }

/* Whether a state is final and never changes. */
inline bool is_final(state which) { return smsp_state_is_final(static_cast<smsp_state>(which)) != 0; }

/* The version of the library that is running. SMSP_VERSION is the version of the header. */
inline string_view version() { return smsp_version(); }

namespace detail {

template <class List> std::vector<string_view> names(List name_at)
{
    std::vector<string_view> all;
    for (std::size_t i = 0; name_at(i) != nullptr; ++i)
        all.push_back(name_at(i));
    return all;
}

inline optional<string_view> view(const char *text)
{
    return text == nullptr ? optional<string_view>() : optional<string_view>(string_view(text));
}

inline optional<bool> flag(std::int32_t told) { return told < 0 ? optional<bool>() : optional<bool>(told == 1); }

/* How each handle is freed. */
struct ending {
    void operator()(smsp_config *handle) const { smsp_config_free(handle); }
    void operator()(smsp_client *handle) const { smsp_client_free(handle); }
    void operator()(smsp_operation *handle) const { smsp_operation_free(handle); }
    void operator()(smsp_report *handle) const { smsp_report_free(handle); }
    void operator()(smsp_error *handle) const { smsp_error_free(handle); }
};

template <class T> using handle = std::unique_ptr<T, ending>;

} // namespace detail

/* The names of all options, and of all counters. */
inline std::vector<string_view> options() { return detail::names(smsp_option_name); }
inline std::vector<string_view> counters() { return detail::names(smsp_stat_name); }

/* ---- Errors ---- */

/* Says why something failed. False if nothing failed. */
class error {
public:
    error() = default;

    explicit operator bool() const { return code_ != smsp::code::ok; }

    /* The code of the error. */
    smsp::code code() const { return code_; }
    /* The service's own code, or 0 if it gave none. */
    int api_code() const { return api_code_; }
    /* The HTTP status of the response, or 0 if there was none. */
    int http_status() const { return http_status_; }
    /* Whether the same call may succeed later. */
    bool is_retryable() const { return is_retryable_; }
    /* One line of English text. Never contains the API key. */
    const std::string &message() const { return message_; }

private:
    friend class status;
    friend class report;
    friend class config;
    friend class client;
    friend class outcome;

    /* A copy of an error of the C interface; false for NULL. */
    explicit error(const smsp_error *from)
    {
        if (from == nullptr)
            return;
        code_ = static_cast<smsp::code>(smsp_error_code(from));
        api_code_ = smsp_error_api_code(from);
        http_status_ = smsp_error_http_status(from);
        is_retryable_ = smsp_error_is_retryable(from) != 0;
        message_ = smsp_error_message(from);
    }

    /* Takes over an error of the C interface. It has only the code if there was no memory for an error. */
    error(smsp_code came, smsp_error *from) : error(detail::handle<smsp_error>(from).get())
    {
        if (code_ == smsp::code::ok && came != SMSP_OK) {
            code_ = static_cast<smsp::code>(came);
            message_ = smsp_code_name(came);
        }
    }

    smsp::code code_ = smsp::code::ok;
    int api_code_ = 0;
    int http_status_ = 0;
    bool is_retryable_ = false;
    std::string message_;
};

/* ---- Reports ---- */

/* What became of one message: a view into its report, valid as long as the report, even if that is moved. */
class status {
public:
    /* As you passed them; empty if the text contained a NUL. */
    string_view phone_number() const { return detail::view(row_->phone_number).value_or(string_view()); }
    string_view message_id() const { return detail::view(row_->message_id).value_or(string_view()); }
    smsp::state state() const { return static_cast<smsp::state>(row_->state); }
    /* The index of the query in your list. */
    std::size_t index() const { return row_->index; }
    /* code::ok if the query is answered, also if the service does not know the message (not_found) or refuses it
     * (rejected). Otherwise the code says why the query is unanswered or invalid. */
    smsp::code code() const { return static_cast<smsp::code>(row_->code); }
    /* The whole error. False if the query is answered. */
    smsp::error error() const
    {
        const char *const first = reinterpret_cast<const char *>(smsp_report_get(report_, 0));
        const std::ptrdiff_t distance = reinterpret_cast<const char *>(row_) - first;
        return smsp::error(smsp_report_error(report_, static_cast<std::size_t>(distance) / smsp_report_stride(report_)));
    }
    /* The service's code for this message, or for its request; 0 if the service gave none. */
    int api_code() const { return row_->api_code; }
    /* The service's text. */
    optional<string_view> status_text() const { return detail::view(row_->status_text); }
    /* When the message reached its state, since 1970-01-01 UTC. */
    optional<std::chrono::seconds> date() const
    {
        if (row_->date == SMSP_NO_DATE)
            return optional<std::chrono::seconds>();
        return std::chrono::seconds(row_->date);
    }
    /* The service's date as a text, if it is not a number of Unix seconds. */
    optional<string_view> date_text() const { return detail::view(row_->date_text); }
    /* Whether the recipient replied STOP, and whether the message was spam. Missing if the service did not say. */
    optional<bool> stop_sms() const { return detail::flag(row_->stop_sms); }
    optional<bool> is_spam() const { return detail::flag(row_->is_spam); }

private:
    friend class report;
    status(const smsp_report *report, const smsp_status *row) : report_(report), row_(row) {}

    const smsp_report *report_;
    const smsp_status *row_;
};

/* One status for each query, in order. */
class report {
public:
    /* Steps from status to status in memory, without a call for each. */
    class iterator {
    public:
        using iterator_category = std::random_access_iterator_tag;
        using value_type = status;
        using difference_type = std::ptrdiff_t;
        using reference = status;
        /* The result of operator-> lives as long as the expression. */
        class pointer {
        public:
            explicit pointer(status held) : held_(held) {}
            const status *operator->() const { return &held_; }

        private:
            status held_;
        };

        iterator() = default;

        reference operator*() const { return status(report_, reinterpret_cast<const smsp_status *>(at_)); }
        pointer operator->() const { return pointer(**this); }
        reference operator[](difference_type n) const { return *(*this + n); }

        iterator &operator+=(difference_type n)
        {
            at_ += n * stride_;
            return *this;
        }
        iterator &operator-=(difference_type n) { return *this += -n; }
        iterator &operator++() { return *this += 1; }
        iterator &operator--() { return *this -= 1; }
        iterator operator++(int)
        {
            const iterator before = *this;
            ++*this;
            return before;
        }
        iterator operator--(int)
        {
            const iterator before = *this;
            --*this;
            return before;
        }
        friend iterator operator+(iterator from, difference_type n) { return from += n; }
        friend iterator operator+(difference_type n, iterator from) { return from += n; }
        friend iterator operator-(iterator from, difference_type n) { return from -= n; }
        friend difference_type operator-(const iterator &one, const iterator &other)
        {
            return one.stride_ == 0 ? 0 : (one.at_ - other.at_) / one.stride_;
        }
        friend bool operator==(const iterator &one, const iterator &other) { return one.at_ == other.at_; }
        friend bool operator!=(const iterator &one, const iterator &other) { return one.at_ != other.at_; }
        friend bool operator<(const iterator &one, const iterator &other) { return one.at_ < other.at_; }
        friend bool operator>(const iterator &one, const iterator &other) { return one.at_ > other.at_; }
        friend bool operator<=(const iterator &one, const iterator &other) { return one.at_ <= other.at_; }
        friend bool operator>=(const iterator &one, const iterator &other) { return one.at_ >= other.at_; }

    private:
        friend class report;
        explicit iterator(const smsp_report *report)
            : report_(report), at_(reinterpret_cast<const char *>(smsp_report_get(report, 0))),
              stride_(static_cast<difference_type>(smsp_report_stride(report)))
        {
        }

        const smsp_report *report_ = nullptr;
        const char *at_ = nullptr;
        difference_type stride_ = 0;
    };
    using const_iterator = iterator;
    using value_type = status;
    using size_type = std::size_t;

    /* An empty report. */
    report() = default;
    std::size_t size() const { return smsp_report_count(handle_.get()); }
    bool empty() const { return size() == 0; }
    iterator begin() const { return iterator(handle_.get()); }
    iterator end() const { return begin() + static_cast<std::ptrdiff_t>(size()); }
    /* The status of the query at this index, which must be less than size(). */
    status operator[](std::size_t index) const { return begin()[static_cast<std::ptrdiff_t>(index)]; }
    /* The error of the query at this index, as status::error. False if it is answered or there is no such index. */
    smsp::error error(std::size_t index) const { return smsp::error(smsp_report_error(handle_.get(), index)); }
    /* The number of statuses that have this state. */
    std::size_t count(state which) const
    {
        return smsp_report_count_state(handle_.get(), static_cast<smsp_state>(which));
    }

private:
    friend class outcome;
    explicit report(smsp_report *from) : handle_(from) {}

    detail::handle<smsp_report> handle_;
};

/* The result of a call: a report and, if not every query was answered, an error. */
class outcome {
public:
    outcome() = default;

    /* ok, partial, or the code of the error if no query was answered. */
    smsp::code code() const { return code_; }
    /* There is a report whatever the code is. It is empty if the arguments could not be used or there was no memory. */
    const smsp::report &report() const & { return report_; }
    smsp::report report() && { return std::move(report_); }
    /* The error of the first request that failed, or else of the first invalid query. */
    const smsp::error &error() const { return error_; }

private:
    friend class client;
    friend class operation;
    outcome(smsp_code came, smsp_report *from, smsp_error *failed)
        : code_(static_cast<smsp::code>(came)), report_(from), error_(came, failed)
    {
    }

    smsp::code code_ = smsp::code::ok;
    smsp::report report_;
    smsp::error error_;
};

#if SMSP_HAS_EXCEPTIONS
/* The exception that throwing functions throw. */
class exception : public std::runtime_error {
public:
    explicit exception(smsp::error why)
        : std::runtime_error(why.message()), error_(std::make_shared<const smsp::error>(std::move(why)))
    {
    }
    explicit exception(outcome failed)
        : std::runtime_error(failed.error().message()), error_(std::make_shared<const smsp::error>(failed.error())),
          report_(std::make_shared<const smsp::report>(std::move(failed).report()))
    {
    }

    const smsp::error &error() const noexcept { return *error_; }
    smsp::code code() const noexcept { return error_->code(); }
    int api_code() const noexcept { return error_->api_code(); }
    int http_status() const noexcept { return error_->http_status(); }
    bool is_retryable() const noexcept { return error_->is_retryable(); }
    /* Why each message has no answer; null if no call was made. */
    std::shared_ptr<const smsp::report> report() const noexcept { return report_; }

private:
    std::shared_ptr<const smsp::error> error_;
    std::shared_ptr<const smsp::report> report_;
};
#endif

/* A value, or an error that says why there is none. */
template <class T> class SMSP_NODISCARD result {
public:
    result(T &&made) : value_(std::move(made)) {}
    result(smsp::error why) : value_(), error_(std::move(why)) {}

    bool has_value() const { return !error_; }
    explicit operator bool() const { return has_value(); }
    /* The value; an empty one if there is an error. */
    T &operator*() & { return value_; }
    const T &operator*() const & { return value_; }
    T &&operator*() && { return std::move(value_); }
    T *operator->() { return &value_; }
    const T *operator->() const { return &value_; }
    const smsp::error &error() const { return error_; }

private:
    T value_;
    smsp::error error_;
};

/* Whether a function without a value succeeded. */
template <> class SMSP_NODISCARD result<void> {
public:
    result() = default;
    result(smsp::error why) : error_(std::move(why)) {}

    bool has_value() const { return !error_; }
    explicit operator bool() const { return has_value(); }
    const smsp::error &error() const { return error_; }

private:
    smsp::error error_;
};

#if SMSP_HAS_EXCEPTIONS
namespace detail {

inline void check(const result<void> &done)
{
    if (!done)
        throw exception(done.error());
}

template <class T> T checked(result<T> &&made)
{
    if (!made)
        throw exception(made.error());
    return *std::move(made);
}

inline outcome checked(outcome &&came)
{
    if (came.code() < smsp::code::ok)
        throw exception(std::move(came));
    return std::move(came);
}

} // namespace detail
#endif

/* ---- Configuration ---- */

/* Options, by name and as text: smsp.h and docs/CONFIGURATION.md list them. */
class config {
public:
    config() : handle_(smsp_config_new()) {}

    /* Sets all options that the environment has variables for. Do not call it beside setenv. Changes nothing on an error. */
    result<void> try_load_env()
    {
        smsp_error *failed = nullptr;
        const smsp_code came = smsp_config_load_env(handle_.get(), &failed);
        return smsp::error(came, failed);
    }

    /* Sets an option. On an error nothing changes, and the message names the option and the values that it takes. */
    result<void> try_set(const std::string &option, const std::string &value)
    {
        smsp_error *failed = nullptr;
        /* C would take a text that contains a NUL for a shorter one. */
        const bool is_whole = option.find('\0') == std::string::npos && value.find('\0') == std::string::npos;
        const smsp_code came =
            smsp_config_set(handle_.get(), is_whole ? option.c_str() : nullptr, value.c_str(), &failed);
        return smsp::error(came, failed);
    }

    /* The value of an option; missing if it has none. Secrets are shown as "***". Valid until the next set or load. */
    optional<string_view> get(const std::string &option) const
    {
        return detail::view(smsp_config_get(handle_.get(), option.c_str()));
    }

#if SMSP_HAS_EXCEPTIONS
    config &load_env()
    {
        detail::check(try_load_env());
        return *this;
    }
    config &set(const std::string &option, const std::string &value)
    {
        detail::check(try_set(option, value));
        return *this;
    }
#endif

private:
    friend class client;
    detail::handle<smsp_config> handle_;
};

/* ---- Queries ---- */

/* A message to ask about. */
struct query {
    std::string phone_number;
    std::string message_id;
};

/* Messages to ask about, without copies of their texts: do not change the texts until the call returns. Temporary strings
 * are refused. */
class queries {
public:
    void reserve(std::size_t count) { list_.reserve(count); }
    std::size_t size() const { return list_.size(); }

    void add(const std::string &phone_number, const std::string &message_id)
    {
        list_.push_back({ text(phone_number), text(message_id) });
    }
    void add(std::string &&, const std::string &) = delete;
    void add(const std::string &, std::string &&) = delete;
    void add(std::string &&, std::string &&) = delete;

private:
    friend class client;

    /* C would take a text that contains a NUL for a shorter one: NULL makes the query INVALID. */
    static const char *text(const std::string &given)
    {
        return given.find('\0') == std::string::npos ? given.c_str() : nullptr;
    }

    std::vector<smsp_query> list_;
};

namespace detail {

/* The addresses of the strings of a message, if it has strings: a computed string has no address. */
struct place {
    const std::string *phone_number;
    const std::string *message_id;
};

template <class Message>
auto place_of(const Message &message) -> decltype(place{ &message.phone_number, &message.message_id })
{
    return place{ &message.phone_number, &message.message_id };
}

template <class One, class Other>
auto place_of(const std::pair<One, Other> &message) -> decltype(place{ &message.first, &message.second })
{
    return place{ &message.first, &message.second };
}

/* Whether the messages of a range are contiguous in memory, so that they still exist after the iteration. Other iterators
 * may contain a single message, which changes with each step. */
#ifdef __cpp_lib_concepts
template <class Range, class Iterator>
struct is_side_by_side : std::integral_constant<bool, std::contiguous_iterator<Iterator>> {};
#else
template <class Range, class Iterator> struct is_side_by_side : std::is_pointer<Iterator> {};
#endif
template <class Message, class Allocator, class Iterator>
struct is_side_by_side<std::vector<Message, Allocator>, Iterator> : std::true_type {};

template <class Range> using begin_of = decltype(std::begin(std::declval<Range &>()));
template <class Range> using end_of = decltype(std::end(std::declval<Range &>()));

/* Whether the strings of a range can be read in place. */
template <class Range, class = void> struct is_lasting : std::false_type {};
template <class Range>
struct is_lasting<Range, decltype(void(std::declval<end_of<Range>>() - std::declval<begin_of<Range>>()),
                                  void(detail::place_of(*std::declval<begin_of<Range>>())))>
    : is_side_by_side<typename std::remove_const<Range>::type, begin_of<Range>> {};

inline std::string copy_of(const char *text)
{
    /* NULL is treated like a text that contains a NUL. */
    return text == nullptr ? std::string(1, '\0') : std::string(text);
}

template <class Text>
auto copy_of(const Text &text) -> typename std::enable_if<std::is_class<Text>::value, decltype(std::string(text))>::type
{
    return std::string(text);
}

/* The kinds of message: the highest one that fits is used. */
template <int Rank> struct kind : kind<Rank - 1> {};
template <> struct kind<0> {};

template <class Message>
auto query_of(Message &message, kind<2>)
    -> decltype(query{ detail::copy_of(message.phone_number), detail::copy_of(message.message_id) })
{
    return query{ detail::copy_of(message.phone_number), detail::copy_of(message.message_id) };
}

template <class Message>
auto query_of(Message &message, kind<1>)
    -> decltype(query{ detail::copy_of(message.phone_number()), detail::copy_of(message.message_id()) })
{
    return query{ detail::copy_of(message.phone_number()), detail::copy_of(message.message_id()) };
}

template <class One, class Other> query query_of(const std::pair<One, Other> &message, kind<0>)
{
    return query{ detail::copy_of(message.first), detail::copy_of(message.second) };
}

template <class One, class Other> query query_of(const std::tuple<One, Other> &message, kind<0>)
{
    return query{ detail::copy_of(std::get<0>(message)), detail::copy_of(std::get<1>(message)) };
}

inline query query_of(const query &message, kind<0>) { return message; }

/* The messages of a range, with copies of the texts that would not exist after the iteration. */
class list : public queries {
public:
    template <class Range> explicit list(Range &messages) { add_all(messages, is_lasting<Range>()); }
    list(list &&) = default;

private:
    template <class Range> void add_all(Range &messages, std::true_type)
    {
        reserve(static_cast<std::size_t>(std::end(messages) - std::begin(messages)));
        for (const auto &message : messages) {
            const place found = detail::place_of(message);
            add(*found.phone_number, *found.message_id);
        }
    }

    template <class Range> void add_all(Range &messages, std::false_type)
    {
        for (auto &&message : messages)
            copies_.push_back(detail::query_of(message, kind<2>()));
        add_all(copies_, std::true_type());
    }

    std::vector<query> copies_;
};

template <class Range> typename std::enable_if<!std::is_base_of<queries, Range>::value, list>::type list_of(Range &messages)
{
    return list(messages);
}

inline const queries &list_of(const queries &messages) { return messages; }

} // namespace detail

/* ---- Operations and clients ---- */

/* The number of queries that are answered or given up, and the number of all queries. */
struct progress {
    std::size_t done;
    std::size_t total;
};

/* A call in the background. The destructor cancels a call that still runs, and waits for its end: at most 200 ms. */
class operation {
public:
    /* An empty handle. */
    operation() = default;

    /* Waits until the operation is done, but no longer than this. Returns whether it is done. */
    bool wait_for(std::chrono::milliseconds time)
    {
        return smsp_operation_wait(handle_.get(), time.count() < 0 ? 0 : time.count()) == SMSP_OK;
    }
    void wait() { smsp_operation_wait(handle_.get(), -1); }
    bool is_done() { return wait_for(std::chrono::milliseconds(0)); }

    smsp::progress progress() const
    {
        smsp::progress come = { 0, 0 };
        smsp_operation_progress(handle_.get(), &come.done, &come.total);
        return come;
    }

    /* A descriptor that becomes readable when the operation is done. Only wait for it. -1 if it cannot be created. */
    int fd() { return smsp_operation_fd(handle_.get()); }

    /* Cancels the operation. Answers that came before are in the report, the rest is cancelled. Async-signal-safe. */
    void cancel() { smsp_operation_cancel(handle_.get()); }

    /* Waits, and returns once what multi_status would have returned. */
    outcome try_finish()
    {
        smsp_report *made = nullptr;
        smsp_error *failed = nullptr;
        const smsp_code came = smsp_operation_finish(handle_.get(), &made, &failed);
        return outcome(came, made, failed);
    }
#if SMSP_HAS_EXCEPTIONS
    outcome finish() { return detail::checked(try_finish()); }
#endif

private:
    friend class client;
    explicit operation(smsp_operation *started) : handle_(started) {}

    detail::handle<smsp_operation> handle_;
};

/* Asks the service. It has the connections, limits and counters: create one and keep it. */
class client {
public:
    /* An empty handle. */
    client() = default;

    /* Creates a client with a copy of this configuration. Sends nothing yet. */
    static result<client> try_make(const config &from)
    {
        smsp_client *made = nullptr;
        smsp_error *failed = nullptr;
        const smsp_code came = smsp_client_new(from.handle_.get(), &made, &failed);
        if (came != SMSP_OK)
            return smsp::error(came, failed);
        return client(made);
    }

    /* Creates a client from the defaults and the environment. Do not call it beside setenv. */
    static result<client> try_from_env()
    {
        smsp_client *made = nullptr;
        smsp_error *failed = nullptr;
        const smsp_code came = smsp_client_new_from_env(&made, &failed);
        if (came != SMSP_OK)
            return smsp::error(came, failed);
        return client(made);
    }

    /* Asks what became of these messages: an smsp::queries, or any range, of any length, of
     * - smsp::query, or other types with phone_number and message_id as members or functions, such as the statuses of an
     *   smsp::report;
     * - pairs or tuples of a number and an id.
     * A text is a std::string or converts to one. A null pointer makes its query state::invalid. Strings in a vector, an
     * array or other contiguous memory are read in place; all others are copied in a single pass over the range.
     * The report has one status for each message, in the same order, whatever the network does. */
    template <class Range> outcome try_multi_status(Range &&messages) const
    {
        const queries &list = detail::list_of(messages);
        smsp_report *made = nullptr;
        smsp_error *failed = nullptr;
        const smsp_code came = smsp_multi_status(handle_.get(), list.list_.data(), list.list_.size(), &made, &failed);
        return outcome(came, made, failed);
    }
    outcome try_multi_status(std::initializer_list<query> messages) const
    {
        return try_multi_status<std::initializer_list<query> &>(messages);
    }

    /* Starts to ask and returns at once. Copies the messages. */
    template <class Range> result<operation> try_start(Range &&messages) const
    {
        const queries &list = detail::list_of(messages);
        smsp_operation *started = nullptr;
        smsp_error *failed = nullptr;
        const smsp_code came =
            smsp_multi_status_start(handle_.get(), list.list_.data(), list.list_.size(), &started, &failed);
        if (came != SMSP_OK)
            return smsp::error(came, failed);
        return operation(started);
    }
    result<operation> try_start(std::initializer_list<query> messages) const
    {
        return try_start<std::initializer_list<query> &>(messages);
    }

    /* A counter, which starts at 0 when the client is created; missing if there is no counter of this name. */
    optional<std::uint64_t> stat(const std::string &counter) const
    {
        std::uint64_t value = 0;
        if (smsp_client_stat(handle_.get(), counter.c_str(), &value) != SMSP_OK)
            return optional<std::uint64_t>();
        return value;
    }

#if SMSP_HAS_EXCEPTIONS
    explicit client(const config &from) : client(detail::checked(try_make(from))) {}
    static client from_env() { return detail::checked(try_from_env()); }

    /* Throws only if no query was answered. Otherwise outcome.error() says what failed. */
    template <class Range> outcome multi_status(Range &&messages) const
    {
        return detail::checked(try_multi_status(messages));
    }
    outcome multi_status(std::initializer_list<query> messages) const
    {
        return detail::checked(try_multi_status(messages));
    }
    template <class Range> operation start(Range &&messages) const { return detail::checked(try_start(messages)); }
    operation start(std::initializer_list<query> messages) const { return detail::checked(try_start(messages)); }
#endif

private:
    explicit client(smsp_client *made) : handle_(made) {}

    detail::handle<smsp_client> handle_;
};

} // namespace SMSP_CONTAINERS
} // namespace SMSP_STRINGS
} // namespace SMSP_EXCEPTIONS
} // namespace SMSP_STANDARD
} // namespace smsp

#undef SMSP_CONTAINERS
#undef SMSP_STRINGS
#undef SMSP_EXCEPTIONS
#undef SMSP_STANDARD

#endif /* SMSP_HPP */
