<?php
/**
 * What stands below the article itself, where the site wants it: the share bar, the call for support.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

add_filter( 'the_content', __NAMESPACE__ . '\\add_below', 20 );

/**
 * The elements, once, on the article's own page: not in lists, excerpts and feeds.
 *
 * @param string $content The article.
 */
function add_below( $content ) {
	$id = get_the_ID();
	if ( ! is_singular() || ! in_the_loop() || ! is_main_query() || is_feed() || get_queried_object_id() !== $id || ! is_ours( $id ) ) {
		return $content;
	}
	foreach ( array( 'share' => 'share-bar', 'support' => 'support-us' ) as $setting => $element ) {
		if ( setting( $setting ) ) {
			$content .= sprintf( '<%1$s site="%2$s" article="%3$d"></%1$s>', $element, esc_attr( setting( 'site' ) ), $id );
		}
	}
	return $content;
}
