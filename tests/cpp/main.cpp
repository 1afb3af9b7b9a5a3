// A program of parts, each an object compiled in its own way, and each with a function that takes the arguments and answers
// whether it failed. PARTS is a macro that names them: PARTS(part) is part(one) part(other).
#include <cstdlib>
#include <new>

#define DECLARE(part) int part(int argc, char **argv);
PARTS(DECLARE)

// For objects that are compiled without exceptions too.
void step();
extern bool throws;
bool throws = false;

void step()
{
    if (throws)
        throw std::bad_alloc();
}

extern std::size_t greatest_piece;
std::size_t greatest_piece = 0;

void *operator new(std::size_t size)
{
    if (size > greatest_piece)
        greatest_piece = size;
    void *const piece = std::malloc(size);
    if (piece == nullptr)
        throw std::bad_alloc();
    return piece;
}

void operator delete(void *piece) noexcept { std::free(piece); }
void operator delete(void *piece, std::size_t) noexcept { std::free(piece); }

int main(int argc, char **argv)
{
    int failed = 0;
#define RUN(part) failed |= part(argc, argv);
    PARTS(RUN)
    return failed;
}
