# cmake -DFROM=... -DTO=... -P StripText.cmake: a text in C without comments, indentation and empty lines. Programs
# carry it, and nobody reads it there.
file(READ ${FROM} text)
string(REGEX REPLACE "[ \t]*//[^\n]*" "" text "${text}")
string(REGEX REPLACE "\n[ \t\n]+" "\n" text "${text}")
file(WRITE ${TO} "${text}")
