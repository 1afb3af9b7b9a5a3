using System;
using System.Text;

namespace Smsp
{
    /// <summary>Texts to and from UTF-8 that ends with a zero byte, by hand: marshallers differ in what they do with null,
    /// with characters beyond ASCII, and with halves of surrogate pairs.</summary>
    internal static unsafe class Text
    {
        /// <summary>The most bytes that a UTF-16 unit can become. A pair, which is two, becomes four.</summary>
        private const long Widest = 3;

        /// <summary>The room that a text needs at the most, its end included.</summary>
        internal static long Room(string text) => text == null ? 0 : text.Length * Widest + 1;

        /// <summary>A text as bytes; null for null.</summary>
        internal static byte[] Bytes(string text)
        {
            if (text == null) return null;
            var bytes = new byte[checked((int)Room(text))];
            fixed (byte* start = bytes) Write(text, start);
            return bytes;
        }

        /// <summary>Writes a text and its end; answers the place behind. What C texts cannot hold becomes bytes that are no
        /// UTF-8, so that the library refuses the text, and nothing is cut off or changed unseen: a zero character is written
        /// in two bytes, and half a surrogate pair in three.</summary>
        internal static byte* Write(string text, byte* to)
        {
            fixed (char* start = text)
            {
                char* from = start, end = start + text.Length;
                while (from != end && (uint)(*from - 1) < 0x7F) *to++ = (byte)*from++;
                if (from != end) to = WriteWide(from, end, to);
            }
            *to = 0;
            return to + 1;
        }

        private static byte* WriteWide(char* from, char* end, byte* to)
        {
            while (from != end)
            {
                int unit = *from++;
                if (char.IsHighSurrogate((char)unit) && from != end && char.IsLowSurrogate(*from))
                {
                    unit = char.ConvertToUtf32((char)unit, *from++);
                    *to++ = (byte)(0xF0 | unit >> 18);
                    *to++ = (byte)(0x80 | unit >> 12 & 0x3F);
                    *to++ = (byte)(0x80 | unit >> 6 & 0x3F);
                    *to++ = (byte)(0x80 | unit & 0x3F);
                }
                else if (unit >= 0x800)
                {
                    *to++ = (byte)(0xE0 | unit >> 12);
                    *to++ = (byte)(0x80 | unit >> 6 & 0x3F);
                    *to++ = (byte)(0x80 | unit & 0x3F);
                }
                else if (unit >= 0x80 || unit == 0)
                {
                    *to++ = (byte)(0xC0 | unit >> 6);
                    *to++ = (byte)(0x80 | unit & 0x3F);
                }
                else
                {
                    *to++ = (byte)unit;
                }
            }
            return to;
        }

        /// <summary>The text at a place; null for none.</summary>
        internal static string Read(IntPtr place)
        {
            if (place == IntPtr.Zero) return null;
            var bytes = (byte*)place;
            var length = 0;
            while (bytes[length] != 0) length++;
            return length == 0 ? "" : Encoding.UTF8.GetString(bytes, length);
        }
    }

    /// <summary>Texts that come again and again, such as "Delivered", each made into a string once.</summary>
    internal sealed unsafe class TextCache
    {
        private readonly byte[][] seen = new byte[8][];
        private readonly string[] texts = new string[8];
        private int next;

        internal string Read(IntPtr place)
        {
            if (place == IntPtr.Zero) return null;
            for (var i = 0; i < seen.Length && seen[i] != null; i++)
                if (Is((byte*)place, seen[i])) return texts[i];
            var text = Text.Read(place);
            var slot = next++ % seen.Length;
            seen[slot] = Text.Bytes(text);
            texts[slot] = text;
            return text;
        }

        private static bool Is(byte* text, byte[] other)
        {
            fixed (byte* known = other)
                for (var i = 0; ; i++)
                {
                    if (text[i] != known[i]) return false;
                    if (known[i] == 0) return true;
                }
        }
    }
}
