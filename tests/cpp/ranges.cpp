// Row i answers message i, whatever the range and whatever its messages: a part of main.cpp.    ROWS OPTION=VALUE...
// Prints failed checks only. ROWS has what must come, as tests/support/src/rows.rs writes it; its texts are too long to be kept
// inside a std::string.
#include <smsp.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <forward_list>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <list>
#include <map>
#include <sstream>

#if __cplusplus >= 202002L
#include <span>
#endif
// The views of libstdc++ are too much for older clang.
#if __cplusplus >= 202002L && (!defined(__clang__) || __clang_major__ >= 16)
#define HAS_VIEWS 1
#include <ranges>
#else
#define HAS_VIEWS 0
#endif

int PART(int argc, char **argv);
// Throws something if that is wanted.
void step();
extern bool throws;
// The greatest piece of memory that operator new was asked for, in bytes.
extern std::size_t greatest_piece;

// The same type in all objects, however they are compiled. If a step throws, what was made of the range until then must be
// given back, also where another object has the same function and knows of no exceptions.
struct one_by_one {
    struct iterator {
        const smsp_query &operator*() const { return *at; }
        bool operator!=(const iterator &other) const { return at != other.at; }
        void operator++()
        {
            step();
            ++at;
        }

        const smsp_query *at;
    };

    iterator begin() const { return iterator{ first }; }
    iterator end() const { return iterator{ last }; }

    const smsp_query *first;
    const smsp_query *last;
};

namespace {

// ---- What is asked, and what must come of it ----

struct row {
    std::string phone_number;
    std::string message_id;
    smsp::state state;
};

int failures = 0;
smsp::client client;
std::vector<row> rows;
constexpr std::size_t COUNT = 8;

void check(bool holds, const char *condition, const std::string &kind, int line)
{
    if (holds)
        return;
    std::cout << __FILE__ << ':' << line << ": C++ " << __cplusplus << ", " << kind << ": " << condition << '\n';
    ++failures;
}

#define CHECK(condition) check(condition, #condition, kind, __LINE__)

void check_rows(const std::string &kind, const smsp::outcome &outcome)
{
    CHECK(outcome.code() == smsp::code::ok && !outcome.error());
    CHECK(outcome.report().size() == rows.size());
    std::size_t at = 0;
    for (const smsp::status status : outcome.report()) {
        const row &wanted = rows[at++];
        CHECK(status.phone_number() == smsp::string_view(wanted.phone_number));
        CHECK(status.message_id() == smsp::string_view(wanted.message_id));
        CHECK(status.state() == wanted.state);
    }
}

// Asks twice for a range that is made anew each time: one that ends with the expression, and one that stays.
template <class Make> void ask(const std::string &kind, Make make)
{
    check_rows(kind, client.try_multi_status(make()));
    auto &&kept = make();
    smsp::result<smsp::operation> started = client.try_start(kept);
    CHECK(started.has_value());
    check_rows(kind, started->try_finish());
}

// ---- Messages ----

template <class Message> Message made(const row &of) { return Message{ of.phone_number, of.message_id }; }

using pair = std::pair<std::string, std::string>;
using pair_of_references = std::pair<const std::string &, const std::string &>;
using pair_of_pointers = std::pair<const char *, const char *>;
using tuple = std::tuple<std::string, smsp::string_view>;

template <> pair_of_pointers made(const row &of) { return { of.phone_number.c_str(), of.message_id.c_str() }; }

struct derived : pair {
    derived(const std::string &phone_number, const std::string &message_id) : pair(phone_number, message_id) {}
};

struct arrays {
    arrays(const std::string &phone, const std::string &id)
    {
        phone_number[phone.copy(phone_number, sizeof phone_number - 1)] = '\0';
        message_id[id.copy(message_id, sizeof message_id - 1)] = '\0';
    }

    char phone_number[64];
    char message_id[64];
};

// A text that is made when it is asked for.
struct lazy_text {
    operator std::string() const { return *of; }

    const std::string *of;
};

struct lazy {
    lazy(const std::string &phone, const std::string &id) : phone_number{ &phone }, message_id{ &id } {}

    lazy_text phone_number, message_id;
};

// What is asked for its texts cannot be const.
struct changing {
    changing(const std::string &phone, const std::string &id) : phone_(phone), id_(id) {}
    std::string &phone_number() { return phone_; }
    std::string &message_id() { return id_; }

private:
    std::string phone_, id_;
};

struct functions {
    functions(const std::string &phone, const std::string &id) : phone_(phone), id_(id) {}
    std::string phone_number() const { return phone_; }
    smsp::string_view message_id() const { return id_; }

private:
    std::string phone_, id_;
};

// All messages have the same two buffers, as those of files and databases do.
struct shared_buffers {
    shared_buffers(const std::string &phone, const std::string &id) : phone_(phone), id_(id) {}
    const std::string &phone_number() const { return phone_buffer() = phone_; }
    const std::string &message_id() const { return id_buffer() = id_; }

private:
    static std::string &phone_buffer()
    {
        static std::string buffer;
        return buffer;
    }
    static std::string &id_buffer()
    {
        static std::string buffer;
        return buffer;
    }

    std::string phone_, id_;
};

// Becomes a message, as the references of vector<bool> become bool.
struct proxy {
    proxy(const std::string &phone, const std::string &id) : phone_(phone), id_(id) {}
    operator smsp::query() const { return { phone_, id_ }; }

private:
    std::string phone_, id_;
};

// ---- Ranges ----

// Goes through the rows and makes a message at each. Where a message is no value, there is one for each iterator.
template <class Message, class Reference, class Category> class maker {
public:
    using iterator_category = Category;
    using value_type = Message;
    using difference_type = std::ptrdiff_t;
    using pointer = const Message *;
    using reference = Reference;

    explicit maker(const row *at) : at_(at) {}
    maker(const maker &other) : at_(other.at_) {}

    Reference operator*() const
    {
        message_.reset(new Message(made<Message>(*at_)));
        return *message_;
    }
    maker &operator++()
    {
        ++at_;
        return *this;
    }
    maker operator++(int) { return maker(at_++); }
    friend bool operator==(const maker &one, const maker &other) { return one.at_ == other.at_; }
    friend bool operator!=(const maker &one, const maker &other) { return one.at_ != other.at_; }

private:
    const row *at_;
    mutable std::unique_ptr<Message> message_;
};

template <class Message> using maker_of_values = maker<Message, Message, std::input_iterator_tag>;

template <class Iterator> struct range {
    Iterator begin() const { return Iterator(rows.data()); }
    Iterator end() const { return Iterator(rows.data() + rows.size()); }
};

// Can be walked once, and is another after each step; its end is what it is, and it cannot be const: a generator.
template <class Message, class Reference> class source {
public:
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Message;
        using difference_type = std::ptrdiff_t;
        using pointer = const Message *;
        using reference = Reference;

        explicit iterator(source *of) : of_(of) {}
        Reference operator*() const { return *of_->message_; }
        iterator &operator++()
        {
            of_->next();
            return *this;
        }
        void operator++(int) { of_->next(); }
        bool operator!=(const iterator &) const { return of_->message_ != nullptr; }

    private:
        source *of_;
    };

    iterator begin()
    {
        next();
        return iterator(this);
    }
    iterator end() { return iterator(this); }

private:
    void next() { message_.reset(at_ < rows.size() ? new Message(made<Message>(rows[at_++])) : nullptr); }

    std::size_t at_ = 0;
    std::unique_ptr<Message> message_;
};

#if __cplusplus >= 201703L
struct sentinel {};
template <class Iterator> bool operator!=(const Iterator &at, sentinel) { return at != range<Iterator>().end(); }

template <class Iterator> struct range_with_sentinel {
    Iterator begin() const { return Iterator(rows.data()); }
    sentinel end() const { return {}; }
};
#endif

// What it inherits is a vector in another order.
template <class Message> struct backwards : std::vector<Message> {
    using std::vector<Message>::vector;
    typename std::vector<Message>::const_reverse_iterator begin() const { return this->rbegin(); }
    typename std::vector<Message>::const_reverse_iterator end() const { return this->rend(); }
};

// Its begin and end are functions beside it.
template <class Message> struct outside {
    std::vector<Message> list;
};
template <class Message> typename std::vector<Message>::iterator begin(outside<Message> &of) { return of.list.begin(); }
template <class Message> typename std::vector<Message>::iterator end(outside<Message> &of) { return of.list.end(); }

template <class Message> struct moving {
    std::move_iterator<Message *> begin() { return std::move_iterator<Message *>(list.data()); }
    std::move_iterator<Message *> end() { return std::move_iterator<Message *>(list.data() + list.size()); }

    std::vector<Message> list;
};

template <class Message> struct allocator : std::allocator<Message> {
    allocator() = default;
    template <class Other> allocator(const allocator<Other> &) {}
    template <class Other> struct rebind {
        using other = allocator<Other>;
    };
};

template <class List> List filled()
{
    const range<maker_of_values<typename List::value_type>> from;
    return List(from.begin(), from.end());
}

template <class Message> std::array<Message, COUNT> filled_array()
{
    return { { made<Message>(rows[0]), made<Message>(rows[1]), made<Message>(rows[2]), made<Message>(rows[3]),
               made<Message>(rows[4]), made<Message>(rows[5]), made<Message>(rows[6]), made<Message>(rows[7]) } };
}

// ---- Every range of every message ----

template <class Message> void ask_containers(const std::string &of)
{
    ask("a vector of " + of, filled<std::vector<Message>>);
    ask("a const vector of " + of, filled<const std::vector<Message>>);
    ask("a vector of its own allocator of " + of, filled<std::vector<Message, allocator<Message>>>);
    ask("a deque of " + of, filled<std::deque<Message>>);
    ask("a forward list of " + of, filled<std::forward_list<Message>>);
    ask("an array of " + of, filled_array<Message>);
    ask("begin and end outside, of " + of, [] { return outside<Message>{ filled<std::vector<Message>>() }; });
    ask("moving iterators over " + of, [] { return moving<Message>{ filled<std::vector<Message>>() }; });
    ask("a vector that is walked from its end, of " + of, [] {
        const std::vector<Message> list = filled<std::vector<Message>>();
        return backwards<Message>(list.rbegin(), list.rend());
    });
}

template <class Message> void ask_makers(const std::string &of)
{
    using kept = const Message &;
    ask("an input range of values: " + of, [] { return range<maker_of_values<Message>>(); });
    ask("a forward range of values: " + of, [] { return range<maker<Message, Message, std::forward_iterator_tag>>(); });
    ask("an input range with one of " + of, [] { return range<maker<Message, kept, std::input_iterator_tag>>(); });
    ask("a forward range with one of " + of, [] { return range<maker<Message, kept, std::forward_iterator_tag>>(); });
    ask("a single pass of values: " + of, [] { return source<Message, Message>(); });
    ask("a single pass with one of " + of, [] { return source<Message, Message &>(); });
#if __cplusplus >= 201703L
    ask("a range with a sentinel, of " + of, [] { return range_with_sentinel<maker_of_values<Message>>(); });
#endif
}

#if HAS_VIEWS
template <class Message> void ask_views(const std::string &of)
{
    using namespace std::views;
    const auto values = [] { return rows | transform(made<Message>); };
    ask("transform: " + of, values);
    ask("filter and transform: " + of, [&] { return rows | filter([](const row &) { return true; }) | transform(made<Message>); });
    ask("transform and filter: " + of, [&] { return values() | filter([](auto &&) { return true; }); });
    ask("iota and transform: " + of, [&] { return iota(std::size_t(0), COUNT) | transform([](auto at) { return made<Message>(rows[at]); }); });
    ask("transform into one of " + of, [&] {
        return rows | transform([one = std::shared_ptr<Message>()](const row &from) mutable -> const Message & {
                   one = std::make_shared<Message>(made<Message>(from));
                   return *one;
               });
    });
    ask("all of a temporary vector of " + of, [] { return all(filled<std::vector<Message>>()); });
    std::vector<Message> list = filled<std::vector<Message>>();
    ask("take: " + of, [&] { return list | take(COUNT); });
    ask("reversed twice: " + of, [&] { return list | reverse | filter([](auto &&) { return true; }) | reverse; });
    ask("join: " + of, [&] { return rows | transform([](const row &from) { return std::vector<Message>(1, made<Message>(from)); }) | join; });
    ask("common of counted: " + of, [&] { return std::views::counted(list.begin(), COUNT) | common; });
    ask("a subrange of " + of, [&] { return std::ranges::subrange(list); });
}
#endif

template <class Message> void ask_ranges(const std::string &of)
{
    ask_containers<Message>(of);
    ask_makers<Message>(of);
#if HAS_VIEWS
    ask_views<Message>(of);
#endif
}

// ---- Single cases ----

struct line : smsp::query {};

std::istream &operator>>(std::istream &in, line &message)
{
    return std::getline(std::getline(in, message.phone_number, '\t'), message.message_id);
}

void ask_others()
{
    const std::vector<smsp::query> list = filled<std::vector<smsp::query>>();
    ask("a single pass of changing messages", [] { return source<changing, changing>(); });
    ask("references to queries", [&] { return std::vector<std::reference_wrapper<const smsp::query>>(list.begin(), list.end()); });
    std::multimap<std::string, std::string> map;
    for (const row &of : rows)
        map.emplace(of.phone_number, of.message_id);
    ask("a map", [&] { return map; });
    std::string lines;
    for (const row &of : rows)
        lines += of.phone_number + '\t' + of.message_id + '\n';
    struct read {
        std::istream_iterator<line> begin() { return std::istream_iterator<line>(in); }
        std::istream_iterator<line> end() { return {}; }

        std::istringstream in;
    };
    ask("lines of a stream", [&] { return read{ std::istringstream(lines) }; });
#if HAS_VIEWS
    std::istringstream in;
    ask("a view of a stream", [&] { return in = std::istringstream(lines), std::views::istream<line>(in); });
#endif
    const smsp::report report = client.try_multi_status(list).report();
    check_rows("a report", client.try_multi_status(report));
    smsp::queries queries;
    for (const smsp::query &message : list)
        queries.add(message.phone_number, message.message_id);
    ask("queries", [&]() -> smsp::queries & { return queries; });
    ask("const queries", [&]() -> const smsp::queries & { return queries; });
    ask("temporary queries", [&] { return queries; });
    smsp::query array[COUNT];
    std::copy(list.begin(), list.end(), array);
    ask("an array", [&]() -> smsp::query(&)[COUNT] { return array; });
    const std::initializer_list<smsp::query> initializers = { array[0], array[1], array[2], array[3],
                                                              array[4], array[5], array[6], array[7] };
    ask("an initializer list", [&] { return initializers; });
    std::vector<smsp_query> c_list;
    for (const smsp::query &message : list)
        c_list.push_back({ message.phone_number.c_str(), message.message_id.c_str() });
    ask("queries of C, one by one", [&] { return one_by_one{ c_list.data(), c_list.data() + COUNT }; });
#if SMSP_HAS_EXCEPTIONS
    throws = true;
    try {
        client.try_multi_status(one_by_one{ c_list.data(), c_list.data() + COUNT });
        check(false, "throws", "queries of C", __LINE__);
    } catch (const std::bad_alloc &) {
    }
    throws = false;
#endif
    check(client.try_multi_status(std::deque<pair>()).code() == smsp::code::ok, "nothing", "an empty deque", __LINE__);
}

// What cannot be a text without its NUL, wherever it comes from.
void ask_invalid()
{
    const std::string kind = "texts with NUL, and NULL";
    const std::string cut = std::string("06\0", 3), phone = rows[0].phone_number, id = rows[0].message_id;
    const pair pairs[] = { { cut, id }, { phone, cut }, { phone, id } };
    const pair_of_pointers pointers[] = { { nullptr, id.c_str() }, { phone.c_str(), nullptr }, { phone.c_str(), id.c_str() } };
    const smsp::outcome outcomes[] = { client.try_multi_status(pairs), client.try_multi_status(std::deque<pair>(pairs, pairs + 3)),
                                       client.try_multi_status(pointers) };
    for (const smsp::outcome &outcome : outcomes) {
        const smsp::report &report = outcome.report();
        CHECK(outcome.code() == smsp::code::partial && report.size() == 3);
        CHECK(report[0].state() == smsp::state::invalid && report[0].phone_number().empty());
        CHECK(report[1].state() == smsp::state::invalid && report[1].message_id().empty());
        CHECK(report[2].state() == rows[0].state && report[2].message_id() == smsp::string_view(id));
    }
}

constexpr std::size_t LONG = 1 << 20;

// How much is asked for at once while such a list is: one whose only text is long, and no number.
template <class Range> std::size_t greatest_piece_for(Range &messages)
{
    greatest_piece = 0;
    check(client.try_multi_status(messages).report().count(smsp::state::invalid) == 1, "one invalid", "a long text", __LINE__);
    return greatest_piece;
}

// Strings side by side are read where they are.
void check_copies()
{
    const std::string kind = "a long text";
    std::vector<smsp::query> vector = { { std::string(LONG, '0'), "1" } };
    const std::vector<pair> pairs = { { vector[0].phone_number, "1" } };
    smsp::query array[] = { vector[0] };
    std::array<const pair, 1> other_array = { { pairs[0] } };
    CHECK(greatest_piece_for(vector) < LONG && greatest_piece_for(pairs) < LONG);
    CHECK(greatest_piece_for(array) < LONG && greatest_piece_for(other_array) < LONG);
#if __cplusplus >= 202002L
    std::span<smsp::query> span = vector;
    CHECK(greatest_piece_for(span) < LONG);
#endif
#if !defined(_GLIBCXX_USE_CXX11_ABI) || _GLIBCXX_USE_CXX11_ABI
    // Others are not: the pieces are counted. The old strings share them.
    const std::list<smsp::query> list(vector.begin(), vector.end());
    CHECK(greatest_piece_for(list) > LONG);
#endif
}

// What a message is and what a range is are two questions: EVERYTHING has all pairs of answers, without the views.
template <class Message> void ask_messages(const std::string &of)
{
#ifdef EVERYTHING
    ask_containers<Message>(of);
    ask_makers<Message>(of);
#else
    ask("a vector of " + of, filled<std::vector<Message>>);
    ask("a forward range with one of " + of, [] { return range<maker<Message, const Message &, std::forward_iterator_tag>>(); });
    ask("a single pass of values: " + of, [] { return source<Message, Message>(); });
#endif
}

void read_rows(const char *path)
{
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream columns(line);
        row read = {};
        std::string state;
        std::getline(std::getline(std::getline(columns, read.phone_number, '\t'), read.message_id, '\t'), state, '\t');
        read.state = static_cast<smsp::state>(std::stoi(state));
        rows.push_back(read);
    }
}

} // namespace

int PART(int argc, char **argv)
{
    read_rows(argv[1]);
    smsp::config config;
    for (int i = 2; i < argc; ++i) {
        const std::string option = argv[i];
        const std::size_t end = option.find('=');
        check(config.try_set(option.substr(0, end), option.substr(end + 1)).has_value(), "an option", option, __LINE__);
    }
    client = *smsp::client::try_make(config);
    check(rows.size() == COUNT, "so many rows", argv[1], __LINE__);
    ask_ranges<smsp::query>("queries");
    ask_messages<pair>("pairs");
    ask_messages<pair_of_references>("pairs of references");
    ask_messages<pair_of_pointers>("pairs of pointers");
    ask_messages<tuple>("tuples");
    ask_messages<derived>("derived pairs");
    ask_messages<arrays>("arrays");
    ask_messages<lazy>("texts to be made");
    ask_messages<functions>("functions");
    ask_messages<shared_buffers>("functions with a buffer");
    ask_messages<proxy>("proxies");
    ask_others();
    ask_invalid();
    check_copies();
    // Before the library ends, whose handle it is.
    client = smsp::client();
    return failures != 0;
}
