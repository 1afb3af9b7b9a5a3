<?php

declare(strict_types=1);

namespace Smsp;

use SensitiveParameter;

/** The options of a client, by name; docs/CONFIGURATION.md lists them. */
final class Config
{
    private readonly Handle $handle;

    /**
     * The defaults, and these options; no environment is read.
     *
     * @param array<string, string|int|float|bool|null> $options
     */
    public function __construct(#[SensitiveParameter] array $options = [])
    {
        $this->handle = Handle::config();
        $pointer = Native::library()->smsp_config_new() ?? throw SmspException::of(Code::Resource->value, null, null);
        Memory::set($this->handle->pointer, $pointer);
        foreach ($options as $name => $value) {
            $this->set($name, $value);
        }
    }

    /** Sets an option; answers this configuration. Where it throws, nothing is changed. */
    public function set(?string $name, #[SensitiveParameter] string|int|float|bool|null $value): self
    {
        $error = Handle::error();
        $text = is_bool($value) ? ($value ? 'true' : 'false') : ($value === null ? null : (string) $value);
        $code = Native::library()->smsp_config_set(
            $this->handle->pointer,
            Native::text($name),
            Native::text($text),
            $error->out(),
        );
        SmspException::throwIf($code, $error);
        return $this;
    }

    /** An option as text; null if it has no value or if there is none of this name. Secrets read "***". */
    public function get(string $name): ?string
    {
        return Native::library()->smsp_config_get($this->handle->pointer, Native::text($name));
    }

    /** Sets what the environment of the process sets: SMSPARTNER_API_KEY, SMSP_ and an option's name in capitals, and the
     * usual variables for the proxy. Answers this configuration. */
    public function loadEnvironment(): self
    {
        $error = Handle::error();
        $code = Native::library()->smsp_config_load_env($this->handle->pointer, $error->out());
        SmspException::throwIf($code, $error);
        return $this;
    }

    /** @internal */
    public function handle(): Handle
    {
        return $this->handle;
    }
}
