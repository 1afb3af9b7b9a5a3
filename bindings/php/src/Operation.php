<?php

declare(strict_types=1);

namespace Smsp;

use FFI;

/** A call in the background. One that is forgotten is cancelled. */
final class Operation
{
    /** @internal */
    public function __construct(private readonly Handle $handle, private readonly Queries $queries)
    {
    }

    /** How far it has come; never waits. */
    public function progress(): Progress
    {
        $library = Native::library();
        [$done, $total] = [Memory::room('size_t'), Memory::room('size_t')];
        $library->smsp_operation_progress($this->handle->pointer, FFI::addr($done), FFI::addr($total));
        return new Progress(Memory::number($done), Memory::number($total));
    }

    /** A descriptor that becomes readable once it is done, for event loops that poll; -1 if there is none. It is never read,
     * written or closed by the caller. */
    public function descriptor(): int
    {
        return Native::library()->smsp_operation_fd($this->handle->pointer);
    }

    /** Waits at most so many milliseconds, -1 is no limit; whether it is done. */
    public function wait(int $milliseconds = -1): bool
    {
        return Native::library()->smsp_operation_wait($this->handle->pointer, $milliseconds) === Code::Ok->value;
    }

    /** Asks it to end, and returns at once. It is done within 200 ms. */
    public function cancel(): void
    {
        Native::library()->smsp_operation_cancel($this->handle->pointer);
    }

    /** Waits until it is done, and hands over what multiStatus would have. Once. */
    public function finish(): Report
    {
        [$report, $error] = [Handle::report(), Handle::error()];
        $code = Native::library()->smsp_operation_finish($this->handle->pointer, $report->out(), $error->out());
        return Report::take($code, $report, $error, $this->queries);
    }

    /** Ends it. One that is not done is cancelled first, and waited for. */
    public function close(): void
    {
        $this->handle->free();
    }
}
