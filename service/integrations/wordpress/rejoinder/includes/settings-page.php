<?php
/**
 * The page of the settings. It says after every save whether they work.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

add_action( 'admin_menu', __NAMESPACE__ . '\\add_page' );
add_filter( 'plugin_action_links_' . plugin_basename( FILE ), __NAMESPACE__ . '\\add_link' );

/** Under Settings. */
function add_page() {
	add_options_page( 'Rejoinder', 'Rejoinder', 'manage_options', OPTION, __NAMESPACE__ . '\\show_page' );
}

/** Where the page is. */
function settings_url() {
	return admin_url( 'options-general.php?page=' . OPTION );
}

/**
 * Beside the plugin in the list of them.
 *
 * @param string[] $links What stands there.
 */
function add_link( $links ) {
	return array_merge( array( sprintf( '<a href="%s">%s</a>', esc_url( settings_url() ), esc_html__( 'Settings', 'rejoinder' ) ) ), $links );
}

/** The page. */
function show_page() {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	// phpcs:ignore WordPress.Security.NonceVerification (says only that options.php has just saved)
	$saved = isset( $_GET['settings-updated'] );
	$tried = isset( $_GET['rejoinder_try'] ) && check_admin_referer( 'rejoinder_try', 'rejoinder_try' );
	echo '<div class="wrap"><h1>Rejoinder</h1>';
	if ( $saved || $tried ) {
		show_findings( try_connection() );
	}
	echo '<form method="post" action="options.php">';
	settings_fields( OPTION );
	show_server_fields();
	show_article_fields();
	show_alert_fields();
	show_copy_fields();
	show_reader_fields();
	echo '<p class="submit">';
	submit_button( __( 'Save and test', 'rejoinder' ), 'primary', 'submit', false );
	printf(
		' <a class="button" href="%s">%s</a></p></form>',
		esc_url( add_query_arg( 'rejoinder_try', wp_create_nonce( 'rejoinder_try' ), settings_url() ) ),
		esc_html__( 'Test what is saved', 'rejoinder' )
	);
	show_import();
	echo '</div>';
}

/**
 * What a test has found. The command that mends it stands at its end.
 *
 * @param array[] $findings From try_connection().
 */
function show_findings( $findings ) {
	foreach ( $findings as $finding ) {
		printf(
			'<div class="notice %s inline" role="status"><p><strong>%s</strong></p></div>',
			$finding['good'] ? 'notice-success' : 'notice-error',
			preg_replace( '/(?<=: )rejoinder [a-z].*$/', '<code>$0</code>', esc_html( $finding['text'] ) ) // phpcs:ignore WordPress.Security.EscapeOutput (escaped before)
		);
	}
}

/** Which server, which site, which key. */
function show_server_fields() {
	echo '<h2>' . esc_html__( 'Server', 'rejoinder' ) . '</h2>';
	if ( '' === setting( 'server' ) || '' === setting( 'key' ) ) {
		echo '<p>' . esc_html__( 'These three are all that is needed to begin. Whoever runs your Rejoinder has them.', 'rejoinder' ) . '</p>';
	}
	echo '<table class="form-table" role="presentation">';
	show_text( 'server', __( 'Address', 'rejoinder' ), __( 'As readers’ browsers reach it, with its path if it has one.', 'rejoinder' ), 'url', 'https://comments.example.org' );
	show_text( 'site', __( 'Site', 'rejoinder' ), __( 'Its short name in Rejoinder.', 'rejoinder' ) );
	show_secret( 'key', __( 'Publisher’s key', 'rejoinder' ), key_command() );
	echo '</table>';
}

/** Which posts, and what stands below them. */
function show_article_fields() {
	echo '<h2>' . esc_html__( 'Below your articles', 'rejoinder' ) . '</h2><table class="form-table" role="presentation">';
	echo '<tr><th scope="row">' . esc_html__( 'Comments', 'rejoinder' ) . '</th><td><fieldset><legend class="screen-reader-text">' . esc_html__( 'Comments', 'rejoinder' ) . '</legend>';
	foreach ( possible_types() as $name => $type ) {
		printf(
			'<label><input type="checkbox" name="rejoinder[types][]" value="%s" %s> %s</label><br>',
			esc_attr( $name ),
			checked( in_array( $name, setting( 'types' ), true ), true, false ),
			esc_html( $type->labels->name )
		);
	}
	echo '<p class="description">' . esc_html__( 'Posts that aren’t public keep WordPress’s own comments: everybody may read a thread in Rejoinder.', 'rejoinder' ) . '</p></fieldset></td></tr>';
	show_switch( 'share', __( 'Sharing', 'rejoinder' ), __( 'A share bar below the article', 'rejoinder' ) );
	show_switch( 'support', __( 'Support', 'rejoinder' ), __( 'The call to support the newsroom below the article, as the desk has it', 'rejoinder' ) );
	echo '</table>';
}

/** Who is asked for alerts, and what is alerted. */
function show_alert_fields() {
	echo '<h2>' . esc_html__( 'Alerts', 'rejoinder' ) . '</h2><table class="form-table" role="presentation">';
	show_switch( 'bar', __( 'Notifications', 'rejoinder' ), __( 'Ask readers once, kindly, whether they want alerts for new articles', 'rejoinder' ) );
	show_switch( 'alert_default', __( 'New posts', 'rejoinder' ), __( 'Alert readers unless the editor says otherwise', 'rejoinder' ) );
	echo '</table>';
}

/** What becomes of WordPress's own comments meanwhile. */
function show_copy_fields() {
	echo '<h2>' . esc_html__( 'WordPress’s own comments', 'rejoinder' ) . '</h2><table class="form-table" role="presentation">';
	show_switch( 'mirror', __( 'A copy', 'rejoinder' ), __( 'Keep WordPress’s own comments in step, so that nothing is lost when this plugin is switched off', 'rejoinder' ), mirror_text() );
	show_secret( 'moderator', __( 'Moderator’s token', 'rejoinder' ), 'rejoinder moderators token EMAIL', __( 'With one, what is decided in WordPress’s own list of comments is decided in Rejoinder.', 'rejoinder' ) );
	echo '</table>';
}

/** How users of this site are signed on. */
function show_reader_fields() {
	echo '<h2>' . esc_html__( 'Users of this site', 'rejoinder' ) . '</h2><p>' . esc_html__( 'With a sign-in secret, whoever is signed in here writes under their own name, and their name is theirs.', 'rejoinder' ) . '</p><table class="form-table" role="presentation">';
	show_secret( 'secret', __( 'Sign-in secret', 'rejoinder' ), secret_command() );
	echo '<tr><th scope="row">' . esc_html__( 'Beside the name', 'rejoinder' ) . '</th><td class="rejoinder-badges"><fieldset><legend class="screen-reader-text">' . esc_html__( 'Beside the name', 'rejoinder' ) . '</legend>';
	$badges = setting( 'badges' );
	foreach ( wp_roles()->get_names() as $role => $name ) {
		printf(
			'<p><label><span>%3$s</span> <input type="text" name="rejoinder[badges][%1$s]" maxlength="30" value="%2$s"></label></p>',
			esc_attr( $role ),
			esc_attr( isset( $badges[ $role ] ) ? $badges[ $role ] : '' ),
			esc_html( translate_user_role( $name ) )
		);
	}
	echo '<p class="description">' . esc_html__( 'What readers see beside the names of users with a role; empty for nothing.', 'rejoinder' ) . '</p></fieldset></td></tr></table>';
}

/**
 * One line of text.
 *
 * @param string $name    The setting.
 * @param string $label   What it is called.
 * @param string $help    What is said below.
 * @param string $type    Of the input.
 * @param string $example Shown where it is empty.
 */
function show_text( $name, $label, $help, $type = 'text', $example = '' ) {
	printf(
		'<tr><th scope="row"><label for="rejoinder-%1$s">%2$s</label></th><td><input class="regular-text code" type="%3$s" id="rejoinder-%1$s" name="rejoinder[%1$s]" value="%4$s" placeholder="%5$s" %6$s aria-describedby="rejoinder-%1$s-help"><p class="description" id="rejoinder-%1$s-help">%7$s</p></td></tr>',
		esc_attr( $name ),
		esc_html( $label ),
		esc_attr( $type ),
		esc_attr( setting( $name ) ),
		esc_attr( $example ),
		disabled( is_fixed( $name ), true, false ),
		esc_html( is_fixed( $name ) ? fixed_text( $name ) : $help )
	);
}

/**
 * A secret: never shown again, and empty means unchanged.
 *
 * @param string $name    A key of SECRETS.
 * @param string $label   What it is called.
 * @param string $command What makes one.
 * @param string $help    What it is for.
 */
function show_secret( $name, $label, $command, $help = '' ) {
	$value = setting( $name );
	/* translators: %s: the last characters of a secret */
	$known = '' === $value ? __( 'None yet. It is made on the server:', 'rejoinder' ) : sprintf( __( 'Set, ending in %s. Leave the field empty to keep it, write - to forget it.', 'rejoinder' ), substr( $value, -4 ) );
	printf(
		'<tr><th scope="row"><label for="rejoinder-%1$s">%2$s</label></th><td><input class="regular-text code" type="password" autocomplete="new-password" id="rejoinder-%1$s" name="%3$s" value="" placeholder="%4$s" %5$s aria-describedby="rejoinder-%1$s-help"><p class="description" id="rejoinder-%1$s-help">%6$s %7$s</p></td></tr>',
		esc_attr( $name ),
		esc_html( $label ),
		esc_attr( SECRETS[ $name ] ),
		esc_attr( '' === $value ? '' : '••••••••' . substr( $value, -4 ) ),
		disabled( is_fixed( $name ), true, false ),
		esc_html( trim( $help . ' ' . ( is_fixed( $name ) ? fixed_text( $name ) : $known ) ) ),
		'' === $value ? '<code>' . esc_html( $command ) . '</code>' : ''
	);
}

/**
 * A switch.
 *
 * @param string $name  The setting.
 * @param string $label What it is called.
 * @param string $text  What it does.
 * @param string $more  What is said below.
 */
function show_switch( $name, $label, $text, $more = '' ) {
	printf(
		'<tr><th scope="row">%2$s</th><td><label><input type="checkbox" name="rejoinder[%1$s]" value="1" %3$s> %4$s</label>%5$s</td></tr>',
		esc_attr( $name ),
		esc_html( $label ),
		checked( setting( $name ), true, false ),
		esc_html( $text ),
		'' === $more ? '' : '<p class="description">' . esc_html( $more ) . '</p>'
	);
}

/** How the copy is doing. */
function mirror_text() {
	$state = mirror_state();
	if ( ! is_mirrored() || ( ! $state['at'] && '' === $state['fault'] ) ) {
		return '';
	}
	if ( '' !== $state['fault'] ) {
		/* translators: %s: what happened */
		return sprintf( __( 'The last look at the server failed: %s', 'rejoinder' ), $state['fault'] );
	}
	/* translators: %s: a time */
	return sprintf( __( 'In step since %s.', 'rejoinder' ), wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $state['at'] ) );
}

/**
 * What is said of a setting that wp-config.php decides.
 *
 * @param string $name The setting.
 */
function fixed_text( $name ) {
	/* translators: %s: name of a constant */
	return sprintf( __( 'Set by %s in wp-config.php.', 'rejoinder' ), CONSTANTS[ $name ] );
}
