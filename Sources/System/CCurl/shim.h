// libcurl (Debian libcurl4-openssl-dev). Only HTTPClient imports this room, and tollgate-bench for its bare loop.
#ifndef TOLLGATE_CCURL_SHIM_H
#define TOLLGATE_CCURL_SHIM_H

// The macros that check argument types want constant options, which a shim does not have.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// curl_easy_setopt is variadic: one shim per type of argument.

static inline CURLcode tollgate_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode tollgate_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

// NULL takes the option back to "none".
static inline CURLcode tollgate_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode tollgate_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode tollgate_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
typedef size_t (*tollgate_curl_bytes_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode tollgate_curl_set_bytes_callback(
    CURL *easy, CURLoption option, tollgate_curl_bytes_callback callback) {
    return curl_easy_setopt(easy, option, callback);
}

static inline CURLcode tollgate_curl_set_open_socket(CURL *easy, curl_opensocket_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}

static inline CURLcode tollgate_curl_set_before_request(CURL *easy, curl_prereq_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}

// curl_easy_getinfo is variadic too.

static inline CURLcode tollgate_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode tollgate_curl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode tollgate_curl_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, (char **)value);
}

static inline CURLMcode tollgate_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// A union, of which this message kind has the result.
static inline CURLcode tollgate_curl_message_result(const CURLMsg *message) {
    return message->data.result;
}

#endif
